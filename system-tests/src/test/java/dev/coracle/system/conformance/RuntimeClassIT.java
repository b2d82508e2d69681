package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Runtime classes, and nodes as objects. */
@Conformance
class RuntimeClassIT {

  private static String runtimeClass(Space space, String more) {
    String name = "conformance-" + Space.unique();
    space.create(
        "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: %s}, %s}"
            .formatted(name, more));
    space.atEnd(() ->
        space
            .api()
            .send("DELETE", "/apis/node.k8s.io/v1/runtimeclasses/" + name, "", "", Map.of()));
    return name;
  }

  @Test
  @DisplayName(
      "[sig-node] RuntimeClass should reject a Pod requesting a non-existent RuntimeClass"
          + " [Conformance] [NodeConformance]")
  void none(Space space) {
    JsonNode refused =
        space
            .tryCreate(new TestPod("main").spec("{runtimeClassName: no-such-class}").json())
            .refused(403);
    assertThat(text(refused, "/message"))
        .isEqualTo(
            "pods \"main\" is forbidden: pod rejected: RuntimeClass \"no-such-class\" not found");
  }

  @Test
  @DisplayName(
      "[sig-node] RuntimeClass should reject a Pod requesting a deleted RuntimeClass [Conformance]"
          + " [NodeConformance]")
  void deleted(Space space) {
    String name = runtimeClass(space, "handler: x");
    space.delete("runtimeclasses.node.k8s.io", name);
    space.awaitGone("runtimeclasses.node.k8s.io", name);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    space
                        .tryCreate(
                            new TestPod("p" + Space.unique())
                                .spec(
                                    "{schedulerName: nobody, runtimeClassName: %s}".formatted(name))
                                .json())
                        .code())
                .isEqualTo(403));
  }

  @Test
  @DisplayName(
      "[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass and initialize its"
          + " Overhead [Conformance] [NodeConformance]")
  void overhead(Space space) {
    String label = "conformance-" + Space.unique();
    String node = space.node();
    space.merge("nodes", node, "{metadata: {labels: {%s: 'yes'}}}".formatted(label));
    space.atEnd(
        () -> space.merge("nodes", node, "{metadata: {labels: {%s: null}}}".formatted(label)));
    String name =
        runtimeClass(
            space,
            "handler: test-handler, overhead: {podFixed: {cpu: 10m, memory: 1Mi}}, scheduling: {nodeSelector: {%s: 'yes'}}"
                .formatted(label));
    // At once: who made the class may use it.
    space.create(TestPod.sleeping("main").spec("{runtimeClassName: %s}".formatted(name)).json());
    JsonNode pod =
        space.await("pods", "main", "scheduled", p -> hasCondition(p, "PodScheduled", "True"));
    assertThat(text(pod, "/spec/overhead/cpu")).isEqualTo("10m");
    assertThat(text(pod, "/spec/overhead/memory")).isEqualTo("1Mi");
    assertThat(text(pod, "/spec/nodeSelector/" + label)).isEqualTo("yes");
  }

  @Test
  @DisplayName(
      "[sig-node] RuntimeClass should schedule a Pod requesting a RuntimeClass without PodOverhead"
          + " [Conformance] [NodeConformance]")
  void noOverhead(Space space) {
    String name = runtimeClass(space, "handler: test-handler");
    // At once: who made the class may use it.
    space.create(TestPod.sleeping("main").spec("{runtimeClassName: %s}".formatted(name)).json());
    JsonNode pod =
        space.await("pods", "main", "scheduled", p -> hasCondition(p, "PodScheduled", "True"));
    assertThat(pod.at("/spec").has("overhead")).isFalse();
  }

  @Test
  @ResourceLock("nodes")
  @DisplayName("[sig-node] Node Lifecycle should run through the lifecycle of a node [Conformance]")
  void node(Space space) {
    String name = "e2e-fake-node-" + Space.unique();
    JsonNode created =
        space.create(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: %s}
            spec: {unschedulable: true}
            status: {phase: Running, conditions: [{type: Ready, status: 'True', reason: E2E, message: Set from e2e test}]}
            """
                .formatted(name));
    space.atEnd(() -> space.api().send("DELETE", "/api/v1/nodes/" + name, "", "", Map.of()));
    assertThat(text(created, "/metadata/name")).isEqualTo(name);
    assertThat(text(space.get("nodes", name), "/metadata/name")).isEqualTo(name);
    JsonNode labelled =
        space.strategic("nodes", name, "{metadata: {labels: {%s: patched}}}".formatted(name));
    assertThat(text(labelled, "/metadata/labels/" + name)).isEqualTo("patched");
    assertThat(Long.parseLong(text(labelled, "/metadata/resourceVersion")))
        .isGreaterThan(Long.parseLong(text(created, "/metadata/resourceVersion")));
    assertThat(space.list("nodes", name + "=patched")).hasSize(1);
    JsonNode updated =
        space.edit(
            "nodes", name, n -> ((ObjectNode) n.at("/metadata/labels")).put(name, "updated"));
    assertThat(text(updated, "/metadata/labels/" + name)).isEqualTo("updated");
    JsonNode patched =
        space.mergeStatus(
            "nodes", name, "{status: {conditions: [{type: StatusPatched, status: 'True'}]}}");
    assertThat(hasCondition(patched, "StatusPatched", "True")).isTrue();
    space.delete("nodes", name);
    space.awaitGone("nodes", name);
  }
}
