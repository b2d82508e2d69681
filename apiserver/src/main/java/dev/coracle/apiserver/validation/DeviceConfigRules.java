package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** What is written for drivers, and the conditions that binding waits for. */
final class DeviceConfigRules {

  /** Of configurations in one claim or class. */
  static final int MOST = 32;

  private static final int LONGEST_RAW = 10 << 10;
  private static final int MOST_CONDITIONS = 4;

  private DeviceConfigRules() {}

  /**
   * @param stored whether it was accepted before; then its size does not count
   */
  static void config(JsonNode config, boolean stored, FieldPath path, FieldErrors errors) {
    if (!Nodes.set(config, "opaque")) {
      errors.required(path, "opaque");
      return;
    }
    JsonNode opaque = config.path("opaque");
    FieldPath at = path.child("opaque");
    DeviceNames.driver(Nodes.text(opaque, "driver"), at, "driver", errors);
    raw(opaque.path("parameters"), stored, at.child("parameters"), errors);
  }

  /** Any JSON object, of at most 10 Ki. */
  static void raw(JsonNode raw, boolean stored, FieldPath at, FieldErrors errors) {
    if (raw.isMissingNode() || raw.isNull()) {
      errors.required(at, "");
    } else if (!stored && raw.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_RAW) {
      errors.tooLong(at, "", LONGEST_RAW);
    } else if (!raw.isObject()) {
      errors.invalid(at, "", "<value omitted>", "must be a valid JSON object");
    }
  }

  /** Both lists, of a device or of what was allocated (KEP-5007). */
  static void bindingConditions(JsonNode of, FieldPath path, FieldErrors errors) {
    JsonNode good = of.path("bindingConditions");
    JsonNode bad = of.path("bindingFailureConditions");
    Set<String> known = types(good, path.child("bindingConditions"), errors);
    FieldPath failures = path.child("bindingFailureConditions");
    types(bad, failures, errors);
    int i = 0;
    for (JsonNode type : bad) {
      if (known.contains(type.asText(""))) {
        errors.invalid(
            failures.index(i),
            "",
            type.asText(""),
            "bindingFailureConditions must not overlap with bindingConditions");
      }
      i++;
    }
    if (good.isEmpty() && !bad.isEmpty()) {
      errors.invalid(
          path,
          "bindingConditions",
          good.isMissingNode() ? Nodes.NULL : good,
          "bindingConditions are required to use bindingFailureConditions");
    }
    if (bad.isEmpty() && !good.isEmpty()) {
      errors.invalid(
          path,
          "bindingFailureConditions",
          bad.isMissingNode() ? Nodes.NULL : bad,
          "bindingFailureConditions are required to use bindingConditions");
    }
  }

  private static Set<String> types(JsonNode list, FieldPath at, FieldErrors errors) {
    DeviceLists.texts(
        list,
        MOST_CONDITIONS,
        at,
        errors,
        (type, here, to) -> to.invalid(here, "", type, NameRules.qualifiedName(type)));
    Set<String> out = new HashSet<>();
    list.forEach(type -> out.add(type.asText("")));
    return out;
  }
}
