package dev.coracle.api.quota;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.AttributesClasses;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Which objects a quota of some scopes counts: those that are in all of them (Kubernetes docs,
 * "Resource Quotas"). Of kinds that have no scopes a quota with scopes counts nothing.
 */
public final class QuotaScopes {

  private static final String[] AFFINITIES = {"podAffinity", "podAntiAffinity"};
  private static final String[] COMPUTE = {"cpu", "memory"};

  private QuotaScopes() {}

  /**
   * @param quotaSpec of the ResourceQuota
   */
  public static boolean count(JsonNode quotaSpec, GroupResource resource, JsonNode object) {
    return selectors(quotaSpec).stream().allMatch(s -> matches(s, resource, object));
  }

  /** All it selects by, each as a term of {@code scopeSelector.matchExpressions}. */
  public static List<JsonNode> selectors(JsonNode quotaSpec) {
    List<JsonNode> out = new ArrayList<>();
    for (JsonNode scope : quotaSpec.path("scopes")) {
      out.add(Json.object().put("scopeName", scope.asText("")).put("operator", "Exists"));
    }
    quotaSpec.path("scopeSelector").path("matchExpressions").forEach(out::add);
    return out;
  }

  /** Whether an object is in a scope as a selector wants it. */
  public static boolean matches(JsonNode selector, GroupResource resource, JsonNode object) {
    return matches(
        selector.path("scopeName").asText(""),
        selector.path("operator").asText(""),
        selector.path("values"),
        resource,
        object);
  }

  private static boolean matches(
      String scope, String operator, JsonNode values, GroupResource resource, JsonNode object) {
    return switch (resource.toString()) {
      case "pods" -> ofPod(scope, operator, values, object);
      case "persistentvolumeclaims" ->
          scope.equals("VolumeAttributesClass")
              && named(AttributesClasses.ofClaim(object), operator, values);
      default -> false;
    };
  }

  private static boolean ofPod(String scope, String operator, JsonNode values, JsonNode pod) {
    JsonNode spec = pod.path("spec");
    return switch (scope) {
      case "Terminating" -> isTerminating(spec);
      case "NotTerminating" -> !isTerminating(spec);
      case "BestEffort" -> isBestEffort(pod);
      case "NotBestEffort" -> !isBestEffort(pod);
      case "PriorityClass" -> {
        String name = spec.path("priorityClassName").asText("");
        yield named(name.isEmpty() ? Set.of() : Set.of(name), operator, values);
      }
      case "CrossNamespacePodAffinity" -> looksElsewhere(spec.path("affinity"));
      default -> false;
    };
  }

  private static boolean isTerminating(JsonNode spec) {
    return spec.path("activeDeadlineSeconds").asLong(-1) >= 0;
  }

  /** Whether one of the names, or that there is none, is as the operator wants it. */
  private static boolean named(Set<String> names, String operator, JsonNode values) {
    Set<String> wanted = new LinkedHashSet<>();
    values.forEach(v -> wanted.add(v.asText("")));
    return switch (operator) {
      case "Exists" -> !names.isEmpty();
      case "DoesNotExist" -> names.isEmpty();
      case "In" -> names.stream().anyMatch(wanted::contains);
      case "NotIn" -> names.isEmpty() || !wanted.containsAll(names);
      default -> false;
    };
  }

  private static boolean isBestEffort(JsonNode pod) {
    String told = pod.path("status").path("qosClass").asText("");
    if (!told.isEmpty()) {
      return told.equals("BestEffort");
    }
    JsonNode spec = pod.path("spec");
    if (asks(spec.path("resources"))) {
      return false;
    }
    for (String list : new String[] {"containers", "initContainers"}) {
      for (JsonNode container : spec.path(list)) {
        if (asks(container.path("resources"))) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean asks(JsonNode resources) {
    for (String kind : new String[] {"requests", "limits"}) {
      for (String name : COMPUTE) {
        Quantity q = Quantity.tryParse(resources.path(kind).path(name).asText(""));
        if (q != null && q.signum() > 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether it wants to be with or without pods of other namespaces. */
  private static boolean looksElsewhere(JsonNode affinity) {
    for (String kind : AFFINITIES) {
      JsonNode terms = affinity.path(kind);
      for (JsonNode term : terms.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        if (isElsewhere(term)) {
          return true;
        }
      }
      for (JsonNode term : terms.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        if (isElsewhere(term.path("podAffinityTerm"))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isElsewhere(JsonNode term) {
    return !term.path("namespaces").isEmpty() || term.hasNonNull("namespaceSelector");
  }
}
