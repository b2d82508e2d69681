package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** A taint that drives pods away; nobody else may be there. */
@Conformance
@Isolated
class NoExecuteTaintIT {

  private static final String TAINT =
      "{key: kubernetes.io/e2e-evict-taint-key, value: evictTaintVal, effect: NoExecute}";

  private static void taint(Space space, String node) {
    space.edit(
        "nodes",
        node,
        n -> ((ObjectNode) n.get("spec")).withArray("taints").add(Manifest.parse(TAINT)));
  }

  private static void untaint(Space space, String node) {
    space.edit(
        "nodes",
        node,
        n -> {
          ArrayNode kept = Json.array();
          for (JsonNode taint : n.at("/spec/taints")) {
            if (!text(taint, "/key").equals("kubernetes.io/e2e-evict-taint-key")) {
              kept.add(taint);
            }
          }
          ((ObjectNode) n.get("spec")).set("taints", kept);
        });
  }

  private static TestPod tolerating(String name, int seconds) {
    return TestPod.sleeping(name)
        .spec(
            "{tolerations: [{key: kubernetes.io/e2e-evict-taint-key, value: evictTaintVal, effect: NoExecute, tolerationSeconds: %d}]}"
                .formatted(seconds));
  }

  /**
   * The pod would be asked to end after ten seconds, and a watch tells that at once: upstream's 75
   * seconds are for the kubelet too, whose end of the pod is what it looks for.
   */
  @Test
  @DisplayName(
      "[sig-node] NoExecuteTaintManager Single Pod removing taint cancels eviction [Conformance]"
          + " [Serial]")
  void cancel(Space space) {
    String node = text(space.start(tolerating("stays", 10)), "/spec/nodeName");
    space.start(tolerating("witness", 1));
    try (Watcher watcher =
        space.watch("pods", "&timeoutSeconds=20&fieldSelector=metadata.name%3Dstays")) {
      taint(space, node);
      // Its end shows that the taint has been seen, and the other's end is planned.
      space.awaitGone("pods", "witness");
      untaint(space, node);
      assertThat(watcher.rest()).noneMatch(e -> e.at("/object/metadata").has("deletionTimestamp"));
    } finally {
      untaint(space, node);
    }
    assertThat(Space.isReady(space.get("pods", "stays"))).isTrue();
  }

  @Test
  @DisplayName(
      "[sig-node] NoExecuteTaintManager Multiple Pods evicts pods with minTolerationSeconds"
          + " [Conformance] [Serial]")
  void evicts(Space space) {
    String node = text(space.start(tolerating("short", 3)), "/spec/nodeName");
    space.start(tolerating("long", 13));
    try (Watcher watcher = space.watch("pods", "")) {
      taint(space, node);
      Instant first = deleted(watcher, "short");
      Instant second = deleted(watcher, "long");
      assertThat(Duration.between(first, second)).isGreaterThan(Duration.ofSeconds(5));
      space.awaitGone("pods", "short");
      space.awaitGone("pods", "long");
    } finally {
      untaint(space, node);
    }
  }

  /** When the first deletion was asked for, which is to be this pod's. */
  private static Instant deleted(Watcher watcher, String name) {
    JsonNode event =
        watcher.next(e ->
            e.at("/object/metadata").has("deletionTimestamp")
                && e.path("type").asText().equals("DELETED"));
    assertThat(text(event, "/object/metadata/name")).isEqualTo(name);
    return Instant.parse(text(event, "/object/metadata/deletionTimestamp"));
  }
}
