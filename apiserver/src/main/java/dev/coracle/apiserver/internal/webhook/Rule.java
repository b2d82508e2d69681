package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * One {@code rules} entry of a webhook, or {@code resourceRules} entry of a policy.
 *
 * @param scope {@code *}, {@code Cluster} or {@code Namespaced}
 * @param names empty for all
 */
public record Rule(
    Set<String> operations,
    Set<String> groups,
    Set<String> versions,
    List<String> resources,
    String scope,
    Set<String> names) {

  public static List<Rule> all(JsonNode rules) {
    List<Rule> out = new ArrayList<>();
    for (JsonNode r : rules) {
      out.add(
          new Rule(
              texts(r.path("operations")),
              texts(r.path("apiGroups")),
              texts(r.path("apiVersions")),
              List.copyOf(texts(r.path("resources"))),
              r.path("scope").asText("*"),
              texts(r.path("resourceNames"))));
    }
    return List.copyOf(out);
  }

  private static Set<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(t -> out.add(t.asText()));
    return new java.util.LinkedHashSet<>(out);
  }

  /**
   * @param clusterScoped whether the object is; namespaces are
   */
  boolean matches(
      String operation,
      GroupVersionResource resource,
      String subresource,
      boolean clusterScoped,
      String name) {
    return inScope(clusterScoped)
        && any(operations, operation)
        && any(groups, resource.group())
        && any(versions, resource.version())
        && resource(resource.resource(), subresource)
        && (names.isEmpty() || names.contains(name));
  }

  private boolean inScope(boolean clusterScoped) {
    return switch (scope) {
      case "Namespaced" -> !clusterScoped;
      case "Cluster" -> clusterScoped;
      default -> true;
    };
  }

  private static boolean any(Set<String> allowed, String value) {
    return allowed.contains("*") || allowed.contains(value);
  }

  private boolean resource(String resource, String subresource) {
    for (String r : resources) {
      int slash = r.indexOf('/');
      String own = slash < 0 ? r : r.substring(0, slash);
      String sub = slash < 0 ? "" : r.substring(slash + 1);
      if ((own.equals("*") || own.equals(resource))
          && (sub.equals("*") || sub.equals(subresource))) {
        return true;
      }
    }
    return false;
  }
}
