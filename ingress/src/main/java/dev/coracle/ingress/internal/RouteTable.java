package dev.coracle.ingress.internal;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which backend a host and a path lead to (Kubernetes docs, "Ingress": path types, hostname
 * wildcards). Immutable; a new one is made when an Ingress changes. An exact host goes before a
 * wildcard and a wildcard before none; within a host an exact path goes before a prefix, and a
 * longer prefix before a shorter; at the same place the older Ingress wins.
 */
public final class RouteTable {

  /** A Service's port, by name or by number, and the Ingress that leads there. */
  public record Backend(
      String namespace, String service, String portName, int portNumber, String ingress) {}

  private record Route(boolean exact, String path, Backend backend) {
    boolean matches(String asked) {
      if (exact) {
        return asked.equals(path);
      }
      // By whole path elements: /foo matches /foo, /foo/ and /foo/bar, never /foobar.
      String prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
      return asked.startsWith(prefix)
          && (asked.length() == prefix.length() || asked.charAt(prefix.length()) == '/');
    }
  }

  private final Map<String, List<Route>> byHost = new HashMap<>();
  private @Nullable Backend fallback;

  /**
   * @param ingresses those this gateway serves
   */
  public RouteTable(Collection<KubeObject> ingresses) {
    List<KubeObject> oldestFirst = new ArrayList<>(ingresses);
    oldestFirst.sort(
        Comparator.comparing((KubeObject i) -> i.metadata().path("creationTimestamp").asText(""))
            .thenComparing(KubeObject::key));
    oldestFirst.forEach(this::add);
    byHost
        .values()
        .forEach(routes ->
            routes.sort(
                Comparator.comparing((Route r) -> r.exact() ? 0 : 1)
                    .thenComparing(r -> -r.path().length())));
  }

  private void add(KubeObject ingress) {
    Backend standard = backend(ingress, ingress.at("spec", "defaultBackend"));
    boolean hasRules = !ingress.at("spec", "rules").isEmpty();
    if (standard != null && fallback == null && !hasRules) {
      fallback = standard;
    }
    for (JsonNode rule : ingress.at("spec", "rules")) {
      String host = rule.path("host").asText("").toLowerCase(Locale.ROOT);
      List<Route> routes = byHost.computeIfAbsent(host, _ -> new ArrayList<>());
      for (JsonNode path : rule.path("http").path("paths")) {
        Backend backend = backend(ingress, path.path("backend"));
        if (backend != null) {
          routes.add(
              new Route(
                  path.path("pathType").asText("").equals("Exact"),
                  path.path("path").asText("/"),
                  backend));
        }
      }
      if (standard != null) {
        routes.add(new Route(false, "/", standard));
      }
    }
  }

  private static @Nullable Backend backend(KubeObject ingress, JsonNode node) {
    JsonNode service = node.path("service");
    if (!service.hasNonNull("name")) {
      return null;
    }
    return new Backend(
        ingress.namespace(),
        service.path("name").asText(),
        service.path("port").path("name").asText(""),
        service.path("port").path("number").asInt(0),
        ingress.name());
  }

  /**
   * @param host without a port, in any case
   * @param path without a query
   */
  public @Nullable Backend find(String host, String path) {
    String name = host.toLowerCase(Locale.ROOT);
    Backend found = find(byHost.get(name), path);
    int dot = name.indexOf('.');
    if (found == null && dot > 0) {
      // A wildcard covers exactly one label.
      found = find(byHost.get("*" + name.substring(dot)), path);
    }
    if (found == null) {
      found = find(byHost.get(""), path);
    }
    return found == null ? fallback : found;
  }

  private static @Nullable Backend find(@Nullable List<Route> routes, String path) {
    if (routes != null) {
      for (Route route : routes) {
        if (route.matches(path)) {
          return route.backend();
        }
      }
    }
    return null;
  }
}
