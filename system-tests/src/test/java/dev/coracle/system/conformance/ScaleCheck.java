package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** The scale subresource, read, replaced and patched. */
final class ScaleCheck {

  private ScaleCheck() {}

  /** Of a workload that has this many replicas now; it has two more in the end. */
  static void run(Space space, String resource, String name, int replicas) {
    String path = space.path(resource, name) + "/scale";
    JsonNode scale = space.api().get(path).ok();
    assertThat(text(scale, "/kind")).isEqualTo("Scale");
    assertThat(text(scale, "/apiVersion")).isEqualTo("autoscaling/v1");
    assertThat(scale.at("/spec/replicas").asInt()).isEqualTo(replicas);
    assertThat(scale.at("/status/replicas").asInt()).isEqualTo(replicas);
    assertThat(text(scale, "/status/selector")).isEqualTo("app=" + name);
    ((ObjectNode) scale).remove("status");
    ((ObjectNode) scale.get("metadata")).remove("resourceVersion");
    ((ObjectNode) scale.get("spec")).put("replicas", replicas + 1);
    assertThat(space.send("PUT", path, scale).ok().at("/spec/replicas").asInt())
        .isEqualTo(replicas + 1);
    assertThat(space.get(resource, name).at("/spec/replicas").asInt()).isEqualTo(replicas + 1);
    JsonNode patched =
        space
            .tryPatch(
                path,
                "application/merge-patch+json",
                "{spec: {replicas: %d}}".formatted(replicas + 2))
            .ok();
    assertThat(patched.at("/spec/replicas").asInt()).isEqualTo(replicas + 2);
    space.await(resource, name, "scaled", o -> o.at("/status/replicas").asInt() == replicas + 2);
  }
}
