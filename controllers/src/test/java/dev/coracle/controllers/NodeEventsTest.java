package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is told of the coming and going of nodes. */
class NodeEventsTest {

  private final Cluster c = new Cluster(options -> options);

  private void node(String conditions) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"n9"},"spec":{},
             "status":{"conditions":[%s]}}\
            """
                .formatted(conditions)));
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void tellsOfANodeThatComesAndGoes() {
    node("{\"type\":\"Ready\",\"status\":\"True\"}");
    assertThat(c.told("RegisteredNode"))
        .contains("node-controller Normal: Node n9 event: Registered Node n9 in Controller");
    c.api.remove(Resources.NODES, "", "n9");
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("RemovingNode"))
        .containsExactly("node-controller Normal: Node n9 event: Removing Node n9 from Controller");
  }

  @Test
  void tellsOnceThatAReadyNodeIsNotAnyMore() {
    node("{\"type\":\"Ready\",\"status\":\"True\"}");
    c.pass(Duration.ofMinutes(5));
    assertThat(c.told("NodeNotReady"))
        .containsOnlyOnce("node-controller Normal: Node n9 status is now: NodeNotReady");
  }

  /** Nothing became of it that anybody should hear of. */
  @Test
  void doesNotTellItOfANodeThatNeverWasReady() {
    node("{\"type\":\"Ready\",\"status\":\"False\"}");
    c.pass(Duration.ofMinutes(5));
    assertThat(c.told("NodeNotReady"))
        .doesNotContain("node-controller Normal: Node n9 status is now: NodeNotReady");
    assertThat(c.told("NodeNotReady"))
        .contains("node-controller Normal: Node n1 status is now: NodeNotReady");
  }

  @Test
  void saysOfANodeThatWasNeverHeardOfSinceWhen() {
    node("");
    c.pass(Duration.ofMinutes(5));
    KubeObject node = c.api.peek(Resources.NODES, "", "n9");
    assertThat(node).isNotNull();
    JsonNode ready = Conditions.find(node, "Ready");
    assertThat(ready.path("reason").asText()).isEqualTo("NodeStatusNeverUpdated");
    assertThat(ready.path("lastHeartbeatTime").asText())
        .isNotEmpty()
        .isEqualTo(node.text("metadata", "creationTimestamp"));
  }

  @Test
  void tellsOfANodeForWhichThereIsNoRange() {
    c.api.failWhen(call ->
        call.verb().equals("patch") && call.name().equals("n9")
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    node("{\"type\":\"Ready\",\"status\":\"True\"}");
    assertThat(c.told("CIDRAssignmentFailed"))
        .contains("cidrAllocator Normal: Node n9 status is now: CIDRAssignmentFailed");
    for (int i = 100; i < 400; i++) {
      c.api.put(
          Resources.NODES,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Node","metadata":{"name":"n%d"},"spec":{},
               "status":{"conditions":[{"type":"Ready","status":"True"}]}}\
              """
                  .formatted(i)));
    }
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("CIDRNotAvailable"))
        .contains("cidrAllocator Normal: Node n399 status is now: CIDRNotAvailable");
  }
}
