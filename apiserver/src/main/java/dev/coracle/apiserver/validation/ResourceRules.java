package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Names and amounts of compute resources. */
public final class ResourceRules {

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

  /** Of what there are pieces alone. */
  private static final Set<String> COUNTED =
      Set.of(
          "configmaps",
          "persistentvolumeclaims",
          "pods",
          "replicationcontrollers",
          "resourcequotas",
          "secrets",
          "services",
          "services.loadbalancers",
          "services.nodeports");

  private static final String HUGE_PAGES = "hugepages-";
  private static final Set<String> COMPUTE = Set.of("cpu", "memory");
  private static final Set<String> OF_CONTAINERS = Set.of("cpu", "memory", "ephemeral-storage");

  private ResourceRules() {}

  static void requirements(JsonNode resources, FieldPath path, FieldErrors errors) {
    requirements(resources, false, path, errors);
  }

  /**
   * @param ofPod of a whole Pod, whose names are looked at elsewhere
   */
  static void requirements(JsonNode resources, boolean ofPod, FieldPath path, FieldErrors errors) {
    JsonNode limits = resources.path("limits");
    JsonNode requests = resources.path("requests");
    limits.forEachEntry((name, value) -> amount(name, value, ofPod, path.child("limits"), errors));
    requests.forEachEntry((name, value) -> {
      amount(name, value, ofPod, path.child("requests"), errors);
      within(name, value, limits.path(name), path, errors);
    });
    boolean huge =
        has(limits, ResourceRules::isHugePages) || has(requests, ResourceRules::isHugePages);
    if (huge && !has(limits, COMPUTE::contains) && !has(requests, COMPUTE::contains)) {
      errors.forbidden(path, "", "HugePages require cpu or memory");
    }
  }

  private static boolean has(JsonNode amounts, Predicate<String> name) {
    return amounts.propertyStream().anyMatch(e -> name.test(e.getKey()));
  }

  private static void within(
      String name, JsonNode value, JsonNode limit, FieldPath path, FieldErrors errors) {
    boolean overcommit = isNative(name) && !isHugePages(name);
    if (limit.isMissingNode()) {
      if (!overcommit) {
        errors.required(path, "limits", "Limit must be set for non overcommitable resources");
      }
      return;
    }
    BigDecimal want = Nodes.quantity(value);
    BigDecimal most = Nodes.quantity(limit);
    if (want == null || most == null) {
      return;
    }
    if (!overcommit && want.compareTo(most) != 0) {
      errors.invalid(
          path,
          "requests",
          value.asText(),
          "must be equal to " + name + " limit of " + limit.asText());
    } else if (want.compareTo(most) > 0) {
      errors.invalid(
          path,
          "requests",
          value.asText(),
          "must be less than or equal to " + name + " limit of " + limit.asText());
    }
  }

  /** Those of {@code path}, whatever the field is called that has them. */
  static void limits(JsonNode limits, FieldPath path, FieldErrors errors) {
    requirements(Json.object().set("limits", limits), path, errors);
  }

  /** What Kubernetes itself knows, not what somebody has added. */
  static boolean isNative(String name) {
    return name.indexOf('/') < 0 || name.contains("kubernetes.io/");
  }

  /** What devices are asked for by: a name of a domain of somebody's own. */
  public static boolean isExtended(String name) {
    return !isNative(name)
        && !name.startsWith("requests.")
        && NameRules.qualifiedName("requests." + name).isEmpty();
  }

  private static void amount(
      String name, JsonNode value, boolean ofPod, FieldPath path, FieldErrors errors) {
    FieldPath at = path.key(name);
    if (!ofPod) {
      containerName(name, at, errors);
    }
    quantity(name, value, at, errors);
    if (isHugePages(name) && !isWhole(name, value)) {
      errors.invalid(
          at, "", value.asText(), value.asText() + " is not positive integer multiple of " + name);
    }
  }

  /** The name of something that a container can have. */
  static void containerName(String name, FieldPath at, FieldErrors errors) {
    name(name, at, errors);
    if (name.indexOf('/') < 0) {
      if (!OF_CONTAINERS.contains(name) && !isHugePages(name)) {
        errors.invalid(at, "", name, "must be a standard resource for containers");
      }
    } else if (!isNative(name) && !isExtended(name)) {
      errors.invalid(at, "", name, "doesn't follow extended resource name standard");
    }
  }

  /** An amount of something, which some things are counted in. */
  static void quantity(String name, JsonNode value, FieldPath at, FieldErrors errors) {
    BigDecimal amount = Nodes.quantity(value);
    if (amount == null) {
      return;
    }
    if (amount.signum() < 0) {
      errors.invalid(at, "", value.asText(), "must be greater than or equal to 0");
    }
    boolean counted = COUNTED.contains(name) || isExtended(name);
    if (counted && amount.stripTrailingZeros().scale() > 0) {
      errors.invalid(at, "", value.asText(), "must be an integer");
    }
  }

  private static boolean isWhole(String name, JsonNode value) {
    Quantity page = Quantity.tryParse(name.substring(HUGE_PAGES.length()));
    BigDecimal amount = Nodes.quantity(value);
    return amount == null
        || page != null
            && page.value().signum() > 0
            && amount.remainder(page.value()).signum() == 0;
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
    return name.startsWith(HUGE_PAGES);
  }

  static boolean name(String name, FieldPath at, FieldErrors errors) {
    List<String> problems = NameRules.qualifiedName(name);
    errors.invalid(at, "", name, problems);
    if (!problems.isEmpty()) {
      return false;
    }
    if (name.indexOf('/') < 0
        && !STANDARD.contains(name)
        && !isHugePages(name)
        && !name.startsWith("requests." + HUGE_PAGES)) {
      errors.invalid(at, "", name, "must be a standard resource type or fully qualified");
      return false;
    }
    return true;
  }

  /** What a quota limits, or has seen used, of one thing. */
  static void quota(JsonNode amounts, FieldPath path, FieldErrors errors) {
    amounts.forEachEntry((name, value) -> {
      FieldPath at = path.key(name);
      boolean qualified = NameRules.qualifiedName(name).isEmpty();
      name(name, at, errors);
      if (name.indexOf('/') < 0 && !isOfQuotas(name) && qualified) {
        errors.invalid(at, "", name, "must be a standard resource for quota");
      }
      quantity(name, value, at, errors);
    });
  }

  /** What Kubernetes itself counts for quotas. */
  static boolean isOfQuotas(String name) {
    return STANDARD.contains(name) && !name.equals("storage")
        || isHugePages(name)
        || name.startsWith("requests." + HUGE_PAGES);
  }
}
