package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;

/** Names and amounts of compute resources. */
final class ResourceRules {

  /** Names without a domain that quotas know, or that have an amount somewhere else. */
  private static final Set<String> STANDARD =
      Set.of(
          "configmaps",
          "cpu",
          "ephemeral-storage",
          "limits.cpu",
          "limits.ephemeral-storage",
          "limits.memory",
          "memory",
          "persistentvolumeclaims",
          "pods",
          "replicationcontrollers",
          "requests.cpu",
          "requests.ephemeral-storage",
          "requests.memory",
          "requests.storage",
          "resourcequotas",
          "secrets",
          "services",
          "services.loadbalancers",
          "services.nodeports",
          "storage");

  private static final Set<String> OF_CONTAINERS = Set.of("cpu", "memory", "ephemeral-storage");

  private ResourceRules() {}

  static void requirements(JsonNode resources, FieldPath path, FieldErrors errors) {
    JsonNode limits = resources.path("limits");
    JsonNode requests = resources.path("requests");
    limits(limits, path, errors);
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

  /** Those of {@code path}, whatever the field is called that has them. */
  static void limits(JsonNode limits, FieldPath path, FieldErrors errors) {
    limits.forEachEntry((name, value) -> amount(name, value, path.child("limits"), errors));
  }

  private static boolean isExtended(String name) {
    return name.startsWith("hugepages-") || name.indexOf('/') >= 0;
  }

  private static void amount(String name, JsonNode value, FieldPath path, FieldErrors errors) {
    FieldPath at = path.key(name);
    containerName(name, at, errors);
    BigDecimal amount = Nodes.quantity(value);
    if (amount != null && amount.signum() < 0) {
      errors.invalid(at, "", value.asText(), "must be greater than or equal to 0");
    } else if (amount != null
        && name.indexOf('/') >= 0
        && amount.stripTrailingZeros().scale() > 0) {
      errors.invalid(at, "", value.asText(), "must be an integer");
    }
  }

  /** The name of something that containers use. */
  static void containerName(String name, FieldPath at, FieldErrors errors) {
    name(name, at, errors);
    if (name.indexOf('/') < 0 && !OF_CONTAINERS.contains(name) && !isHugePages(name)) {
      errors.invalid(at, "", name, "must be a standard resource for containers");
    }
  }

  /** An amount of anything, which is none below zero. */
  static void basic(JsonNode value, FieldPath at, FieldErrors errors) {
    BigDecimal amount = Nodes.quantity(value);
    if (amount != null && amount.signum() < 0) {
      BigInteger whole = amount.setScale(0, RoundingMode.UP).toBigInteger();
      errors.invalid(at, "", whole, "must be a valid resource quantity");
    }
  }

  private static boolean isHugePages(String name) {
    return name.startsWith("hugepages-") || name.startsWith("requests.hugepages-");
  }

  private static boolean name(String name, FieldPath at, FieldErrors errors) {
    List<String> problems = NameRules.qualifiedName(name);
    errors.invalid(at, "", name, problems);
    if (!problems.isEmpty()) {
      return false;
    }
    if (name.indexOf('/') < 0 && !STANDARD.contains(name) && !isHugePages(name)) {
      errors.invalid(at, "", name, "must be a standard resource type or fully qualified");
      return false;
    }
    return true;
  }

  /** The name of something that a quota limits. */
  static void quotaName(String name, FieldPath at, FieldErrors errors) {
    boolean known = name(name, at, errors);
    if (name.indexOf('/') < 0 && (!known || name.equals("storage"))) {
      errors.invalid(at, "", name, "must be a standard resource for quota");
    }
  }
}
