package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.cel.CelFailure;
import dev.coracle.cel.DeviceExpressions;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What a claim asks for: requests, constraints between them, configuration (KEP-4381, 4816). */
final class DeviceRequestRules {

  /** Of requests in a claim, of constraints, and of requests that one of them names. */
  static final int MOST = 32;

  private static final int MOST_SUBREQUESTS = 8;
  private static final int MOST_SELECTORS = 32;
  private static final int LONGEST_EXPRESSION = 10 << 10;
  private static final Set<String> MODES = Set.of("All", "ExactCount");
  private static final String REFERENCE =
      "must be the name of a request in the claim or the name of a request and a subrequest"
          + " separated by '/'";

  private DeviceRequestRules() {}

  /** The spec of a claim, which only a new claim is held to: it never changes. */
  static void spec(JsonNode spec, FieldPath path, FieldErrors errors) {
    JsonNode devices = spec.path("devices");
    FieldPath at = path.child("devices");
    Names names = Names.of(spec);
    DeviceLists.set(
        devices.path("requests"),
        MOST,
        at.child("requests"),
        errors,
        DeviceRequestRules::request,
        request -> Nodes.text(request, "name"));
    DeviceLists.list(
        devices.path("constraints"),
        MOST,
        at.child("constraints"),
        errors,
        (constraint, here, to) -> constraint(constraint, names, here, to));
    DeviceLists.list(
        devices.path("config"),
        DeviceConfigRules.MOST,
        at.child("config"),
        errors,
        (config, here, to) -> {
          names.references(config.path("requests"), here.child("requests"), to);
          DeviceConfigRules.config(config, false, here, to);
        });
  }

  private static void request(JsonNode request, FieldPath at, FieldErrors errors) {
    DeviceNames.label(Nodes.text(request, "name"), at, "name", errors);
    boolean first = Nodes.has(request, "firstAvailable");
    boolean exactly = Nodes.set(request, "exactly");
    if (first && exactly) {
      errors.invalid(
          at,
          "",
          "null",
          "exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set");
    } else if (first) {
      DeviceLists.set(
          request.path("firstAvailable"),
          MOST_SUBREQUESTS,
          at.child("firstAvailable"),
          errors,
          (sub, here, to) -> {
            DeviceNames.label(Nodes.text(sub, "name"), here, "name", to);
            wanted(sub, here, to);
          },
          sub -> Nodes.text(sub, "name"));
    } else if (exactly) {
      wanted(request.path("exactly"), at.child("exactly"), errors);
    } else {
      errors.required(at, "", "exactly one of `exactly` or `firstAvailable` is required");
    }
  }

  private static void wanted(JsonNode request, FieldPath at, FieldErrors errors) {
    DeviceNames.deviceClass(Nodes.text(request, "deviceClassName"), at, "deviceClassName", errors);
    selectors(request.path("selectors"), false, at.child("selectors"), errors);
    String mode = Nodes.text(request, "allocationMode");
    long count = request.path("count").asLong();
    switch (mode) {
      case "All" -> {
        if (count != 0) {
          errors.invalid(at, "count", count, "must not be specified when allocationMode is 'All'");
        }
      }
      case "ExactCount" -> {
        if (count <= 0) {
          errors.invalid(at, "count", count, "must be greater than zero");
        }
      }
      default -> errors.unsupported(at, "allocationMode", mode, MODES);
    }
    DeviceTaintRules.tolerations(request.path("tolerations"), at.child("tolerations"), errors);
  }

  /**
   * @param stored whether they were accepted before; then they are not compiled again
   */
  static void selectors(JsonNode selectors, boolean stored, FieldPath path, FieldErrors errors) {
    DeviceLists.list(
        selectors,
        MOST_SELECTORS,
        path,
        errors,
        (selector, at, to) -> {
          if (!Nodes.set(selector, "cel")) {
            to.required(at, "cel");
          } else if (!stored) {
            expression(Nodes.text(selector.path("cel"), "expression"), at.child("cel"), to);
          }
        });
  }

  private static void expression(String text, FieldPath at, FieldErrors errors) {
    if (text.getBytes(StandardCharsets.UTF_8).length > LONGEST_EXPRESSION) {
      errors.tooLong(at, "expression", LONGEST_EXPRESSION);
      return;
    }
    try {
      if (DeviceExpressions.check(text) > DeviceExpressions.MOST_COST) {
        errors.forbidden(at, "expression", "too complex, exceeds cost limit");
      }
    } catch (CelFailure e) {
      errors.invalid(at, "expression", text, e.words());
    }
  }

  private static void constraint(
      JsonNode constraint, Names names, FieldPath at, FieldErrors errors) {
    names.references(constraint.path("requests"), at.child("requests"), errors);
    if (Nodes.set(constraint, "matchAttribute")) {
      attribute(constraint, "matchAttribute", at, errors);
    } else if (Nodes.set(constraint, "distinctAttribute")) {
      attribute(constraint, "distinctAttribute", at, errors);
    } else {
      errors.required(
          at,
          "",
          "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple"
              + " fields are set");
    }
  }

  private static void attribute(
      JsonNode constraint, String field, FieldPath at, FieldErrors errors) {
    DeviceNames.fullyQualified(Nodes.text(constraint, field), at, field, errors);
  }

  /** The requests of a claim, each with its subrequests. */
  record Names(Map<String, Set<String>> requests) {

    static Names of(JsonNode spec) {
      Map<String, Set<String>> out = new HashMap<>();
      for (JsonNode request : spec.path("devices").path("requests")) {
        Set<String> subs = new HashSet<>();
        request.path("firstAvailable").forEach(sub -> subs.add(Nodes.text(sub, "name")));
        out.put(Nodes.text(request, "name"), subs);
      }
      return new Names(out);
    }

    void references(JsonNode list, FieldPath at, FieldErrors errors) {
      DeviceLists.texts(list, MOST, at, errors, (name, here, to) -> reference(name, here, "", to));
    }

    /** {@code request} or {@code request/subrequest}. */
    void reference(String name, FieldPath at, String child, FieldErrors errors) {
      String[] parts = name.split("/", -1);
      if (parts.length > 2) {
        errors.invalid(at, child, name, REFERENCE);
        return;
      }
      for (String part : parts) {
        DeviceNames.label(part, at, child, errors);
      }
      Set<String> subs = requests.get(parts[0]);
      if (subs == null || parts.length == 2 && !subs.contains(parts[1])) {
        errors.invalid(at, child, name, REFERENCE);
      }
    }
  }
}
