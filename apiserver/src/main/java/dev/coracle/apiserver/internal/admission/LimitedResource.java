package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Quantity;
import dev.coracle.api.quota.QuotaScopes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is had only where a quota is about it (Kubernetes docs, "Limit Priority Class consumption by
 * default").
 *
 * @param matchContains parts of the names of what a quota counts
 * @param matchScopes as in a quota's {@code scopeSelector}
 */
public record LimitedResource(
    GroupResource resource, List<String> matchContains, List<JsonNode> matchScopes) {

  public LimitedResource {
    matchContains = List.copyOf(matchContains);
    matchScopes = List.copyOf(matchScopes);
  }

  /**
   * Refuses what needs a quota and has none.
   *
   * @param quotaNames what the quotas that count this object limit
   * @param quotaScopes the selectors of all quotas here that this object matches
   */
  static void check(
      List<LimitedResource> all,
      AdmissionRequest request,
      JsonNode object,
      Map<String, Quantity> usage,
      Set<String> quotaNames,
      Collection<JsonNode> quotaScopes) {
    Set<String> names = new TreeSet<>();
    List<JsonNode> scopes = new ArrayList<>();
    for (LimitedResource limited : all) {
      if (limited.resource.equals(request.resource())) {
        usage.forEach((name, quantity) -> {
          if (quantity.signum() > 0 && limited.matchContains.stream().anyMatch(name::contains)) {
            names.add(name);
          }
        });
      }
      for (JsonNode scope : limited.matchScopes) {
        if (QuotaScopes.matches(scope, request.resource(), object)) {
          scopes.add(scope);
        }
      }
    }
    names.removeAll(quotaNames);
    if (!names.isEmpty()) {
      throw Refusal.of(request, "insufficient quota to consume: " + String.join(",", names));
    }
    List<String> uncovered =
        scopes.stream()
            .filter(s -> quotaScopes.stream().noneMatch(q -> name(q).equals(name(s))))
            .map(LimitedResource::words)
            .toList();
    if (!uncovered.isEmpty()) {
      throw Refusal.of(
          request,
          "insufficient quota to match these scopes: [" + String.join(" ", uncovered) + "]");
    }
  }

  private static String name(JsonNode scope) {
    return scope.path("scopeName").asText("");
  }

  private static String words(JsonNode scope) {
    List<String> values = new ArrayList<>();
    scope.path("values").forEach(v -> values.add(v.asText("")));
    return "{"
        + name(scope)
        + " "
        + scope.path("operator").asText("")
        + " ["
        + String.join(" ", values)
        + "]}";
  }
}
