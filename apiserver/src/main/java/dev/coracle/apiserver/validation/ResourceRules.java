package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.util.Set;

/** Names and amounts of compute resources. */
final class ResourceRules {

  private static final Set<String> STANDARD =
      Set.of("cpu", "memory", "ephemeral-storage", "pods", "storage");

  private ResourceRules() {}

  static void requirements(JsonNode resources, FieldPath path, FieldErrors errors) {
    JsonNode limits = resources.path("limits");
    JsonNode requests = resources.path("requests");
    limits.forEachEntry((name, value) -> amount(name, value, path.child("limits"), errors));
    requests.forEachEntry((name, value) -> {
      amount(name, value, path.child("requests"), errors);
      JsonNode limit = limits.path(name);
      BigDecimal want = Nodes.quantity(value);
      BigDecimal max = Nodes.quantity(limit);
      boolean overcommit =
          name.equals("cpu") || name.equals("memory") || name.equals("ephemeral-storage");
      if (limit.isMissingNode()) {
        if (!overcommit && isExtended(name)) {
          errors.required(path, "limits", "Limit must be set for non overcommitable resources");
        }
      } else if (want != null && max != null) {
        if (!overcommit && want.compareTo(max) != 0) {
          errors.invalid(
              path,
              "requests",
              value.asText(),
              "must be equal to " + name + " limit of " + limit.asText());
        } else if (want.compareTo(max) > 0) {
          errors.invalid(
              path,
              "requests",
              value.asText(),
              "must be less than or equal to " + name + " limit of " + limit.asText());
        }
      }
    });
  }

  private static boolean isExtended(String name) {
    return name.startsWith("hugepages-") || name.indexOf('/') >= 0;
  }

  static void amount(String name, JsonNode value, FieldPath path, FieldErrors errors) {
    if (!STANDARD.contains(name)) {
      var problems = NameRules.qualifiedName(name);
      errors.invalid(path, "", name, problems);
      if (problems.isEmpty() && name.indexOf('/') < 0 && !name.startsWith("hugepages-")) {
        errors.invalid(path, "", name, "must be a standard resource type or fully qualified");
      }
    }
    BigDecimal amount = Nodes.quantity(value);
    if (amount != null && amount.signum() < 0) {
      errors.invalid(path.key(name), "", value.asText(), "must be greater than or equal to 0");
    } else if (amount != null
        && name.indexOf('/') >= 0
        && amount.stripTrailingZeros().scale() > 0) {
      errors.invalid(path.key(name), "", value.asText(), "must be an integer");
    }
  }
}
