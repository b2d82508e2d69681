package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One container of a Pod's spec.
 *
 * @param node the container's tree: read, never change
 * @param index its place in its list
 */
public record ContainerSpec(JsonNode node, Kind kind, int index) {

  /** Which list of the spec it stands in, sidecars apart (KEP-753). */
  public enum Kind {
    INIT,
    /** An init container with {@code restartPolicy: Always}. */
    SIDECAR,
    APP,
    EPHEMERAL
  }

  public String name() {
    return node.path("name").asText("");
  }

  public String image() {
    return node.path("image").asText("");
  }

  public boolean isInit() {
    return kind == Kind.INIT || kind == Kind.SIDECAR;
  }

  public boolean isSidecar() {
    return kind == Kind.SIDECAR;
  }

  public boolean has(String field) {
    return node.hasNonNull(field);
  }

  public List<String> strings(String field) {
    List<String> out = new ArrayList<>();
    node.path(field).forEach(v -> out.add(v.asText()));
    return out;
  }

  public JsonNode securityContext() {
    return node.path("securityContext");
  }

  public JsonNode limits() {
    return node.path("resources").path("limits");
  }

  public JsonNode requests() {
    return node.path("resources").path("requests");
  }

  /** How event sources name it: {@code spec.containers{web}}. */
  public String fieldPath() {
    String list =
        switch (kind) {
          case INIT, SIDECAR -> "initContainers";
          case APP -> "containers";
          case EPHEMERAL -> "ephemeralContainers";
        };
    return "spec." + list + "{" + name() + "}";
  }

  /**
   * Identifies the parts of the spec whose change means a new container (image and name, as
   * upstream since 1.33's resize).
   */
  public String hash() {
    int h = name().hashCode() * 31 + image().hashCode();
    return Integer.toHexString(h);
  }
}
