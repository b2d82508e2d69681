package dev.coracle.apiserver.internal.authz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** One rule of a role, ready to be compared (Kubernetes docs, "Using RBAC Authorization"). */
public record PolicyRule(
    Set<String> verbs,
    Set<String> groups,
    Set<String> resources,
    Set<String> names,
    List<String> paths) {

  public static PolicyRule of(JsonNode rule) {
    return new PolicyRule(
        set(rule.path("verbs")),
        set(rule.path("apiGroups")),
        set(rule.path("resources")),
        set(rule.path("resourceNames")),
        List.copyOf(set(rule.path("nonResourceURLs"))));
  }

  public static List<PolicyRule> all(JsonNode rules) {
    List<PolicyRule> out = new ArrayList<>();
    rules.forEach(r -> out.add(of(r)));
    return out;
  }

  private static Set<String> set(JsonNode list) {
    Set<String> out = new java.util.LinkedHashSet<>();
    list.forEach(i -> out.add(i.asText()));
    return out;
  }

  public boolean allows(Attributes a) {
    if (!verbs.contains("*") && !verbs.contains(a.verb())) {
      return false;
    }
    if (!a.resourceRequest()) {
      return paths.stream().anyMatch(p -> matchesPath(p, a.path()));
    }
    if (!groups.contains("*") && !groups.contains(a.group())) {
      return false;
    }
    if (!matchesResource(a.resource(), a.subresource())) {
      return false;
    }
    return names.isEmpty() || names.contains(a.name());
  }

  private boolean matchesResource(String resource, String subresource) {
    if (resources.contains("*")) {
      return true;
    }
    return subresource.isEmpty()
        ? resources.contains(resource)
        : resources.contains(resource + "/" + subresource)
            || resources.contains("*/" + subresource);
  }

  private static boolean matchesPath(String pattern, String path) {
    return pattern.equals("*")
        || pattern.equals(path)
        || pattern.endsWith("*") && path.startsWith(pattern.substring(0, pattern.length() - 1));
  }
}
