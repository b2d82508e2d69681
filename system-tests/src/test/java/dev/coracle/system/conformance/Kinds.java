package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The server's resources, as its discovery tells; asked again when a name is not known. */
final class Kinds {

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  /** One resource in one version; {@code plural} without its group. */
  record Kind(String group, String version, String plural, String kind, boolean namespaced) {

    String apiVersion() {
      return group.isEmpty() ? version : group + "/" + version;
    }

    /** {@code /api/v1/namespaces/x/pods}; namespace empty: all, or none. */
    String path(String namespace) {
      String root = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
      return namespaced && !namespace.isEmpty()
          ? root + "/namespaces/" + namespace + "/" + plural
          : root + "/" + plural;
    }
  }

  private final Api api;
  private volatile List<Kind> known = List.of();

  Kinds(Api api) {
    this.api = api;
  }

  Kind ofManifest(JsonNode object) {
    String apiVersion = object.path("apiVersion").asText();
    String kind = object.path("kind").asText();
    return find(
        k -> k.apiVersion().equals(apiVersion) && k.kind().equals(kind), apiVersion + " " + kind);
  }

  /** {@code pods}, {@code deployments.apps}, or with a version: {@code events.v1.events.k8s.io}. */
  Kind ofResource(String name) {
    return find(k -> named(k, name), name);
  }

  private static boolean named(Kind kind, String name) {
    String short_ = kind.group().isEmpty() ? kind.plural() : kind.plural() + "." + kind.group();
    String full =
        kind.plural() + "." + kind.version() + (kind.group().isEmpty() ? "" : "." + kind.group());
    return short_.equals(name) || full.equals(name);
  }

  private Kind find(Predicate<Kind> wanted, String name) {
    Optional<Kind> found = known.stream().filter(wanted).findFirst();
    if (found.isEmpty()) {
      known = load();
      found = known.stream().filter(wanted).findFirst();
    }
    return found.orElseThrow(() -> new AssertionError("discovery does not know " + name));
  }

  private List<Kind> load() {
    List<Kind> out = new ArrayList<>();
    for (String root : List.of("/api", "/apis")) {
      for (JsonNode group : api.get(root, AGGREGATED).ok().path("items")) {
        for (JsonNode version : group.path("versions")) {
          for (JsonNode resource : version.path("resources")) {
            out.add(
                new Kind(
                    group.at("/metadata/name").asText(),
                    version.path("version").asText(),
                    resource.path("resource").asText(),
                    resource.at("/responseKind/kind").asText(),
                    resource.path("scope").asText().equals("Namespaced")));
          }
        }
      }
    }
    return List.copyOf(out);
  }
}
