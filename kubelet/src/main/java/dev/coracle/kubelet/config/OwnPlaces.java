package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Fields that say where something of this node is. The command line decides that, so they may say
 * what it has decided, or upstream's default.
 *
 * @param said by the fields' names
 */
public record OwnPlaces(Map<String, String> said) {
  public static final OwnPlaces NONE = new OwnPlaces(Map.of());

  /**
   * @param defaults upstream's
   * @param own what this node has
   */
  private record Place(
      Set<String> defaults, Function<KubeletOptions, String> own, String instead) {}

  private static final String CERTIFICATE =
      "the node has its certificate from the cluster; leave it out";

  private static final Map<String, Place> ALL =
      Map.of(
          "containerRuntimeEndpoint",
          new Place(
              Set.of(
                  "unix:///run/containerd/containerd.sock",
                  "unix:///var/run/containerd/containerd.sock"),
              KubeletOptions::runtimeEndpoint,
              "--container-runtime-endpoint chooses the runtime"),
          "imageServiceEndpoint",
          new Place(
              Set.of(),
              KubeletOptions::runtimeEndpoint,
              "images are pulled by the runtime; leave it out"),
          "podLogsDir",
          new Place(
              Set.of("/var/log/pods"),
              options -> options.podLogsDir().toString(),
              "logs are in the data directory; leave it out"),
          "address",
          new Place(
              Set.of("0.0.0.0", "::"),
              options -> options.server().map(KubeletServerOptions::host).orElse(""),
              "the node listens where it can be reached; leave it out"),
          "tlsCertFile",
          new Place(
              Set.of(),
              options -> options.server().map(s -> s.certificate().toString()).orElse(""),
              CERTIFICATE),
          "tlsPrivateKeyFile",
          new Place(
              Set.of(),
              options -> options.server().map(s -> s.key().toString()).orElse(""),
              CERTIFICATE));

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
    ALL.forEach((field, place) -> {
      String text = said.getOrDefault(field, "");
      String own = place.own.apply(options);
      if (!text.isEmpty() && !text.equals(own)) {
        throw ConfigFields.invalid(
            field
                + ": "
                + text
                + " is not what this node has"
                + (own.isEmpty() ? "" : ", " + own)
                + ": "
                + place.instead);
      }
    });
  }
}
