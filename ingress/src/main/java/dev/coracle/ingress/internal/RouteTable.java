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
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which backend a host and a path lead to (Kubernetes docs, "Ingress": path types, hostname
 * wildcards). Immutable; a new one is made when an Ingress changes. An exact host goes before a
 * wildcard and a wildcard before none; within a host an exact path goes before a prefix, and a
 * longer prefix before a shorter; at the same place the older Ingress wins.
 */
public final class RouteTable {

  private static final Set<String> HTTP2 = Set.of("kubernetes.io/h2c", "grpc");

  /** Leads nowhere. */
  public static final RouteTable EMPTY = new RouteTable(List.of(), (_, _) -> Optional.empty());

  /**
   * A Service's port, by name or by number, and the Ingress that leads there.
   *
   * @param http2 it speaks HTTP/2 without TLS (appProtocol {@code kubernetes.io/h2c}, KEP-3726, or
   *     {@code grpc})
   */
  public record Backend(
      String namespace,
      String service,
      String portName,
      int portNumber,
      String ingress,
      boolean http2) {

    @Override
    public String toString() {
      return namespace + "/" + service + ":" + (portName.isEmpty() ? portNumber : portName);
    }
  }

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

  private final BiFunction<String, String, Optional<KubeObject>> services;

  /**
   * @param ingresses those this gateway serves
   * @param services the Service of a namespace and a name
   */
  public RouteTable(
      Collection<KubeObject> ingresses, BiFunction<String, String, Optional<KubeObject>> services) {
    this.services = services;
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

  private @Nullable Backend backend(KubeObject ingress, JsonNode node) {
    JsonNode service = node.path("service");
    if (!service.hasNonNull("name")) {
      return null;
    }
    String name = service.path("name").asText();
    String portName = service.path("port").path("name").asText("");
    int portNumber = service.path("port").path("number").asInt(0);
    return new Backend(
        ingress.namespace(),
        name,
        portName,
        portNumber,
        ingress.name(),
        services
            .apply(ingress.namespace(), name)
            .filter(s -> speaksHttp2(s, portName, portNumber))
            .isPresent());
  }

  private static boolean speaksHttp2(KubeObject service, String portName, int portNumber) {
    for (JsonNode port : service.at("spec", "ports")) {
      if (portName.isEmpty()
          ? port.path("port").asInt() == portNumber
          : port.path("name").asText("").equals(portName)) {
        return HTTP2.contains(port.path("appProtocol").asText(""));
      }
    }
    return false;
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
