package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.Set;

/** Taints of devices and what tolerates them (KEP-5055), and DeviceTaintRules. */
final class DeviceTaintRules implements KindRules {

  static final int MOST_TAINTS = 16;

  private static final int MOST_TOLERATIONS = 16;
  private static final int MOST_CONDITIONS = 8;
  private static final Set<String> EFFECTS = Set.of("NoExecute", "NoSchedule", "None");
  private static final Set<String> OPERATORS = Set.of("Equal", "Exists");

  @Override
  public void check(ObjectNode rule, FieldErrors errors) {
    JsonNode spec = rule.path("spec");
    JsonNode selector = spec.path("deviceSelector");
    FieldPath at = FieldPath.SPEC.child("deviceSelector");
    if (Nodes.set(selector, "driver")) {
      DeviceNames.driver(Nodes.text(selector, "driver"), at, "driver", errors);
    }
    if (Nodes.set(selector, "pool")) {
      DeviceNames.pool(Nodes.text(selector, "pool"), at, "pool", errors);
    }
    if (Nodes.set(selector, "device")) {
      DeviceNames.label(Nodes.text(selector, "device"), at, "device", errors);
    }
    taint(spec.path("taint"), FieldPath.SPEC.child("taint"), errors);
  }

  @Override
  public void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {
    if (subresource.equals("status")) {
      JsonNode conditions = now.path("status").path("conditions");
      ConditionRules.check(conditions, FieldPath.STATUS.child("conditions"), errors);
      if (conditions.size() > MOST_CONDITIONS) {
        errors.tooMany(FieldPath.STATUS, "conditions", conditions.size(), MOST_CONDITIONS);
      }
    }
  }

  static void taint(JsonNode taint, FieldPath at, FieldErrors errors) {
    String key = Nodes.text(taint, "key");
    errors.invalid(at, "key", key, NameRules.qualifiedName(key));
    String value = Nodes.text(taint, "value");
    errors.invalid(at, "value", value, NameRules.labelValue(value));
    PodSpecRules.choice(taint, "effect", EFFECTS, at, errors);
  }

  static void tolerations(JsonNode tolerations, FieldPath at, FieldErrors errors) {
    DeviceLists.list(tolerations, MOST_TOLERATIONS, at, errors, DeviceTaintRules::toleration);
  }

  private static void toleration(JsonNode toleration, FieldPath at, FieldErrors errors) {
    String key = Nodes.text(toleration, "key");
    if (!key.isEmpty()) {
      errors.invalid(at, "key", key, NameRules.qualifiedName(key));
    }
    String value = Nodes.text(toleration, "value");
    String operator = Nodes.text(toleration, "operator");
    switch (operator) {
      case "Exists" -> {
        if (!value.isEmpty()) {
          errors.invalid(at, "value", value, "must be empty for operator `Exists`");
        }
      }
      case "Equal" -> errors.invalid(at, "value", value, NameRules.labelValue(value));
      default -> PodSpecRules.choice(toleration, "operator", OPERATORS, at, errors);
    }
    if (Nodes.has(toleration, "effect")) {
      PodSpecRules.choice(toleration, "effect", EFFECTS, at, errors);
    }
  }
}
