package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A ReplicaSet of many pods: what is missing is made at once, what comes along is gathered. */
class LargeReplicaSetTest {

  private static final int MANY = 1200;

  private final Cluster c = new Cluster();

  private void createMany() {
    c.create(
        Resources.REPLICA_SETS,
        """
        {"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"namespace":"default","name":"r"},
         "spec":{"replicas":%d,"selector":{"matchLabels":{"app":"r"}},
          "template":{"metadata":{"labels":{"app":"r"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
        """
            .formatted(MANY));
  }

  private int status(String field) {
    return c.get(Resources.REPLICA_SETS, "r").at("status", field).asInt(0);
  }

  @Test
  void moreThanOneGoMakesAreAllMadeWithoutWaiting() {
    createMany();
    assertThat(c.pods()).hasSize(MANY);
  }

  @Test
  void theCountFollowsEveryPodInTheEndWithFewWrites() {
    // Each pod takes a little longer than the one before: news come all the time.
    c.observe = () -> c.startTime = c.startTime.plusMillis(1);
    createMany();
    c.pass(Duration.ofSeconds(1));
    int halfway = status("readyReplicas");
    assertThat(halfway).isPositive().isLessThan(MANY);
    c.pass(Duration.ofMinutes(1));
    assertThat(status("readyReplicas")).isEqualTo(MANY);
    assertThat(status("availableReplicas")).isEqualTo(MANY);
    assertThat(c.api.calls("update", Resources.REPLICA_SETS)).hasSizeBetween(3, 60);

    String one = c.pods().getFirst().name();
    setReady(one, "False");
    c.pass(Duration.ofSeconds(1));
    assertThat(status("readyReplicas")).isEqualTo(MANY - 1);
    setReady(one, "True");
    c.pass(Duration.ofSeconds(1));
    assertThat(status("readyReplicas")).isEqualTo(MANY);
    assertThat(status("replicas")).isEqualTo(MANY);
  }

  private void setReady(String pod, String value) {
    c.api.change(
        Resources.PODS,
        "default",
        pod,
        n -> ((ObjectNode) n.at("/status/conditions/0")).put("status", value));
    c.context.runUntilIdle();
  }

  @Test
  void anEndedPodIsReplacedInTheSameTurn() {
    createMany();
    c.pass(Duration.ofSeconds(5));
    KubeObject ended = c.pods().getFirst();
    c.api.change(
        Resources.PODS,
        "default",
        ended.name(),
        n -> n.withObjectProperty("status").put("phase", "Failed"));
    c.context.runUntilIdle();
    assertThat(c.pods()).hasSize(MANY + 1);
    c.pass(Duration.ofSeconds(5));
    assertThat(status("replicas")).isEqualTo(MANY);
  }
}
