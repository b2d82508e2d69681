package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Fields that say where something of this node is. The command line decides that, so they may say
 * what it has decided, or upstream's default.
 *
 * @param said by the fields' names
 */
public record OwnPlaces(Map<String, String> said) {
  public static final OwnPlaces NONE = new OwnPlaces(Map.of());

  private record Place(Set<String> defaults, String instead) {}

  private static final Map<String, Place> ALL =
      Map.of(
          "containerRuntimeEndpoint",
          new Place(
              Set.of(
                  "unix:///run/containerd/containerd.sock",
                  "unix:///var/run/containerd/containerd.sock"),
              "--container-runtime-endpoint chooses the runtime"),
          "imageServiceEndpoint",
          new Place(Set.of(), "images are pulled by the runtime; leave it out"),
          "podLogsDir",
          new Place(Set.of("/var/log/pods"), "logs are in the data directory; leave it out"),
          "address",
          new Place(
              Set.of("0.0.0.0", "::"), "the node listens where it can be reached; leave it out"),
          "tlsCertFile",
          new Place(Set.of(), "the node has its certificate from the cluster; leave it out"),
          "tlsPrivateKeyFile",
          new Place(Set.of(), "the node has its certificate from the cluster; leave it out"));

  public OwnPlaces {
    said = Map.copyOf(said);
  }

  static Set<String> names() {
    return ALL.keySet();
  }

  static OwnPlaces parse(JsonNode document) {
    Map<String, String> said = new TreeMap<>();
    ALL.forEach((field, place) -> {
      String text = document.path(field).asText("");
      if (!text.isEmpty() && !place.defaults.contains(text)) {
        said.put(field, text);
      }
    });
    return new OwnPlaces(said);
  }

  /**
   * @throws IllegalArgumentException of what says something else than is so
   */
  void check(KubeletOptions options) {
    said.forEach((field, text) -> {
      String own =
          switch (field) {
            case "containerRuntimeEndpoint", "imageServiceEndpoint" -> options.runtimeEndpoint();
            case "podLogsDir" -> options.podLogsDir().toString();
            case "address" -> options.server().map(s -> s.host()).orElse("");
            case "tlsCertFile" -> options.server().map(s -> s.certificate().toString()).orElse("");
            case "tlsPrivateKeyFile" -> options.server().map(s -> s.key().toString()).orElse("");
            default -> throw new IllegalStateException(field);
          };
      if (!own.equals(text)) {
        throw ConfigFields.invalid(
            field
                + ": "
                + text
                + " is not what this node has"
                + (own.isEmpty() ? "" : ", " + own)
                + ": "
                + ALL.get(field).instead);
      }
    });
  }
}
