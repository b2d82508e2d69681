package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** How many nodes are given up at once, and when none is. The grace period does not end here. */
class LostNodesTest {

  private static final Duration SOON = Duration.ofMillis(100);
  private static final Duration TURN = Duration.ofSeconds(10);

  private final Cluster c = new Cluster(options -> options);

  private void node(String name, String zone, boolean ready) {
    KubeObject known = c.api.peek(Resources.NODES, "", name);
    KubeObject node =
        known != null
            ? known
            : KubeObject.parse(
                "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\""
                    + name
                    + "\",\"labels\":{\"topology.kubernetes.io/zone\":\""
                    + zone
                    + "\"}},\"spec\":{},\"status\":{}}");
    c.api.put(
        Resources.NODES,
        node.with(tree ->
            tree.withObjectProperty("status")
                .putArray("conditions")
                .addObject()
                .put("type", "Ready")
                .put("status", ready ? "True" : "False")));
    c.pass(SOON);
  }

  private List<String> taints(String name) {
    KubeObject node = Objects.requireNonNull(c.api.peek(Resources.NODES, "", name));
    List<String> out = new ArrayList<>();
    for (JsonNode taint : node.at("spec", "taints")) {
      out.add(taint.path("key").asText() + ":" + taint.path("effect").asText());
    }
    return out;
  }

  private boolean isEvicted(String name) {
    assertThat(taints(name)).contains("node.kubernetes.io/not-ready:NoSchedule");
    return taints(name).contains("node.kubernetes.io/not-ready:NoExecute");
  }

  private double gauge(String metric, String zone) {
    return c.registry.get(metric).tag("zone", ":\u0000:" + zone).gauge().value();
  }

  @Test
  void aZonesNodesAreGivenUpOneAfterTheOther() {
    for (String name : List.of("a1", "a2", "a3", "a4", "b1")) {
      node(name, name.substring(0, 1), true);
    }
    node("a1", "a", false);
    assertThat(isEvicted("a1")).isTrue();
    node("a2", "a", false);
    node("b1", "b", false);
    assertThat(isEvicted("a2")).isFalse();
    assertThat(isEvicted("b1")).as("another zone has turns of its own").isTrue();
    c.pass(TURN);
    assertThat(isEvicted("a2")).isTrue();
    assertThat(gauge("node_collector_zone_size", "a")).isEqualTo(4);
    assertThat(gauge("node_collector_zone_health", "a")).isEqualTo(50);
    assertThat(gauge("node_collector_unhealthy_nodes_in_zone", "a")).isEqualTo(2);
    node("a1", "a", true);
    assertThat(taints("a1")).isEmpty();
  }

  @Test
  void nobodyIsGivenUpWhileNoNodeIsReady() {
    node("a1", "a", true);
    node("a2", "a", false);
    assertThat(isEvicted("a2")).isTrue();
    node("n1", "", false);
    assertThat(isEvicted("n1")).isTrue();
    node("a1", "a", false);
    for (String name : List.of("a1", "a2", "n1")) {
      assertThat(isEvicted(name)).as(name).isFalse();
    }
    c.pass(TURN);
    assertThat(isEvicted("a1")).isFalse();
    node("n1", "", true);
    assertThat(taints("n1")).isEmpty();
    assertThat(List.of(isEvicted("a1"), isEvicted("a2"))).containsOnlyOnce(true);
    c.pass(TURN);
    assertThat(List.of(isEvicted("a1"), isEvicted("a2"))).containsOnly(true);
  }

  @Test
  void mostOfASmallZoneIsNotGivenUp() {
    for (int i = 1; i <= 5; i++) {
      node("a" + i, "a", true);
    }
    node("a1", "a", false);
    node("a2", "a", false);
    node("a3", "a", false);
    assertThat(isEvicted("a1")).isTrue();
    c.pass(TURN.multipliedBy(2));
    assertThat(List.of(isEvicted("a2"), isEvicted("a3"))).containsOnly(false);
    node("a3", "a", true);
    c.pass(TURN);
    assertThat(isEvicted("a2")).isTrue();
  }
}
