package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a web server has manifests of static pods.
 *
 * @param url {@code staticPodURL}
 * @param headers {@code staticPodURLHeader}: what is sent along, which may be secret
 * @param every {@code httpCheckFrequency}: how long after an answer it is asked again
 */
public record StaticPodUrl(URI url, Map<String, List<String>> headers, Duration every) {
  public static final Duration EVERY = Duration.ofSeconds(20);

  public StaticPodUrl {
    headers = Map.copyOf(headers);
  }

  /**
   * @throws IllegalArgumentException of what is no address of a web server, and of headers that
   *     cannot be sent
   */
  static Optional<StaticPodUrl> parse(JsonNode document) {
    String text = document.path("staticPodURL").asText("");
    Duration every = ConfigFields.tick(document, "httpCheckFrequency", EVERY);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(text));
      Map<String, List<String>> headers = headers(document.path("staticPodURLHeader"));
      headers.forEach((name, values) -> values.forEach(value -> header(request, name, value)));
      return Optional.of(new StaticPodUrl(request.build().uri(), headers, every));
    } catch (IllegalArgumentException e) {
      throw ConfigFields.invalid("staticPodURL: " + e.getMessage());
    }
  }

  /** Without the value in what is told of it. */
  private static void header(HttpRequest.Builder request, String name, String value) {
    try {
      request.header(name, value);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("the header \"" + name + "\" cannot be sent", e);
    }
  }

  private static Map<String, List<String>> headers(JsonNode node) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> header : node.properties()) {
      List<String> values = new ArrayList<>();
      header.getValue().forEach(value -> values.add(value.asText()));
      headers.put(header.getKey(), List.copyOf(values));
    }
    return headers;
  }

  /** The headers do not show. */
  @Override
  public String toString() {
    return "StaticPodUrl[url=" + url + ", headers=" + headers.keySet() + ", every=" + every + "]";
  }
}
