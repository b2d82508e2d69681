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
            "handler: runc, overhead: {podFixed: {cpu: 10m, memory: 1Mi}}, scheduling: {nodeSelector: {%s: 'yes'}}"
                .formatted(label));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            space
                    .tryCreate(
                        TestPod.sleeping("main")
                            .spec("{runtimeClassName: %s}".formatted(name))
                            .json())
                    .code()
                == 201);
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
    String name = runtimeClass(space, "handler: runc");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            space
                    .tryCreate(
                        TestPod.sleeping("main")
                            .spec("{runtimeClassName: %s}".formatted(name))
                            .json())
                    .code()
                == 201);
    JsonNode pod =
        space.await("pods", "main", "scheduled", p -> hasCondition(p, "PodScheduled", "True"));
    assertThat(pod.at("/spec").has("overhead")).isFalse();
  }

  @Test
  @ResourceLock("nodes")
  @DisplayName("[sig-node] Node Lifecycle should run through the lifecycle of a node [Conformance]")
  void node(Space space) {
    String name = "conformance-" + Space.unique();
    space.create(
        """
        apiVersion: v1
        kind: Node
        metadata: {name: %s}
        status: {phase: Running, conditions: [{type: Ready, status: 'True', reason: KubeletReady, message: kubelet is posting ready status}]}
        """
            .formatted(name));
    space.atEnd(() -> space.api().send("DELETE", "/api/v1/nodes/" + name, "", "", Map.of()));
    assertThat(text(space.get("nodes", name), "/metadata/name")).isEqualTo(name);
    space.merge("nodes", name, "{metadata: {labels: {node: patched}}}");
    assertThat(Space.items(space.api().get("/api/v1/nodes?labelSelector=node%3Dpatched").ok()))
        .extracting(n -> text(n, "/metadata/name"))
        .contains(name);
    space.edit("nodes", name, n -> ((ObjectNode) n.at("/metadata/labels")).put("node", "updated"));
    JsonNode status =
        space.edit(
            "nodes",
            name,
            "status",
            n ->
                ((ObjectNode) n.get("status"))
                    .withArray("conditions")
                    .addObject()
                    .put("type", "StatusUpdate")
                    .put("status", "True")
                    .put("reason", "E2E")
                    .put("message", "Set from e2e test"));
    assertThat(hasCondition(status, "StatusUpdate", "True")).isTrue();
    JsonNode patched =
        space.mergeStatus(
            "nodes", name, "{status: {conditions: [{type: StatusPatched, status: 'True'}]}}");
    assertThat(hasCondition(patched, "StatusPatched", "True")).isTrue();
    space.api().send("DELETE", "/api/v1/nodes?labelSelector=node%3Dupdated", "", "", Map.of()).ok();
    space.awaitGone("nodes", name);
  }
}
