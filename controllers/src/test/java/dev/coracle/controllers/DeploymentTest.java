package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeploymentTest {

  private final Cluster c = new Cluster();

  private KubeObject deployment() {
    return c.get(Resources.DEPLOYMENTS, "d");
  }

  private void image(String image) {
    c.edit(
        Resources.DEPLOYMENTS,
        "d",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", image));
  }

  private List<String> images() {
    return c.pods().stream().map(p -> p.tree().at("/spec/containers/0/image").asText()).toList();
  }

  private static JsonNode condition(KubeObject object, String type) {
    for (JsonNode condition : object.at("status", "conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    throw new AssertionError("no condition " + type + " on " + object.at("status"));
  }

  @Test
  void makesPodsAndSaysSo() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.pods()).hasSize(3);
    KubeObject set = c.api.all(Resources.REPLICA_SETS).getFirst();
    assertThat(set.name()).startsWith("d-");
    assertThat(c.events("ScalingReplicaSet"))
        .containsExactly("Scaled up replica set " + set.name() + " from 0 to 3");
    assertThat(c.events("SuccessfulCreate"))
        .hasSize(3)
        .allMatch(m -> m.startsWith("Created pod: "));
    KubeObject d = deployment();
    assertThat(d.annotation("deployment.kubernetes.io/revision")).contains("1");
    assertThat(d.at("status", "readyReplicas").asInt()).isEqualTo(3);
    assertThat(d.at("status", "observedGeneration").asInt()).isEqualTo(1);
    assertThat(condition(d, "Available").path("reason").asText())
        .isEqualTo("MinimumReplicasAvailable");
    assertThat(condition(d, "Progressing").path("reason").asText())
        .isEqualTo("NewReplicaSetAvailable");
    assertThat(condition(d, "Progressing").path("message").asText())
        .isEqualTo("ReplicaSet \"" + set.name() + "\" has successfully progressed.");
    assertThat(c.pods().getFirst().labels()).containsKey("pod-template-hash");
  }

  @Test
  void theRevisionComesWithTheStatusAndIsNoNewGeneration() {
    c.api.forgetCalls();
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i:1"));
    c.pass(Duration.ofSeconds(1));
    assertThat(deployment().annotation("deployment.kubernetes.io/revision")).contains("1");
    assertThat(c.api.calls())
        .extracting(Object::toString)
        .filteredOn(call -> call.contains("deployments"))
        .filteredOn(call -> !call.startsWith("create"))
        .isNotEmpty()
        .allMatch(call -> call.startsWith("update deployments/status"));
  }

  @Test
  void anAnnotationThatTheControllerHasNotSeenYetStays() {
    c.delay = r -> r.equals(Resources.DEPLOYMENTS) ? Duration.ofSeconds(1) : Duration.ZERO;
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i:1"));
    c.api.change(
        Resources.DEPLOYMENTS,
        "default",
        "d",
        n -> n.withObjectProperty("metadata").withObjectProperty("annotations").put("x", "y"));
    c.pass(Duration.ofSeconds(5));
    assertThat(deployment().annotation("x")).contains("y");
    assertThat(deployment().annotation("deployment.kubernetes.io/revision")).contains("1");
  }

  @Test
  void isQuietWhenThereIsNothingToDo() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.api.forgetCalls();
    c.pass(Duration.ofMinutes(30));
    assertThat(c.api.calls()).isEmpty();
  }

  @Test
  void replacesAVanishedPodAtOnce() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(1));
    c.api.remove(Resources.PODS, "default", c.pods().getFirst().name());
    c.context.runUntilIdle();
    assertThat(c.pods()).hasSize(3);
    c.api.change(
        Resources.PODS,
        "default",
        c.pods().getFirst().name(),
        n -> n.withObjectProperty("status").put("phase", "Failed"));
    c.context.runUntilIdle();
    assertThat(c.pods()).hasSize(4);
  }

  @Test
  void rollsBackToTheFormerTemplate() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i:1"));
    c.pass(Duration.ofSeconds(5));
    image("i:2");
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("i:2", "i:2");
    assertThat(c.api.all(Resources.REPLICA_SETS)).hasSize(2);
    image("i:1");
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("i:1", "i:1");
    assertThat(c.api.all(Resources.REPLICA_SETS)).hasSize(2);
    assertThat(deployment().annotation("deployment.kubernetes.io/revision")).contains("3");
    KubeObject first =
        c.api.all(Resources.REPLICA_SETS).stream()
            .filter(s -> s.at("spec", "replicas").asInt() == 2)
            .findFirst()
            .orElseThrow();
    assertThat(first.annotation("deployment.kubernetes.io/revision-history")).contains("1");
  }

  @Test
  void aStuckRolloutKeepsTheOldPodsAndTimesOut() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 4, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.becomesReady = p -> !p.tree().at("/spec/containers/0/image").asText().equals("bad");
    image("bad");
    c.pass(Duration.ofMinutes(9));
    assertThat(deployment().at("status", "availableReplicas").asInt()).isEqualTo(3);
    assertThat(condition(deployment(), "Progressing").path("reason").asText())
        .isEqualTo("ReplicaSetUpdated");
    c.pass(Duration.ofMinutes(2));
    assertThat(condition(deployment(), "Progressing").path("reason").asText())
        .isEqualTo("ProgressDeadlineExceeded");
    image("i:1");
    c.pass(Duration.ofSeconds(10));
    assertThat(deployment().at("status", "availableReplicas").asInt()).isEqualTo(4);
    assertThat(condition(deployment(), "Progressing").path("reason").asText())
        .isEqualTo("NewReplicaSetAvailable");
  }

  @Test
  void recreateStopsTheOldPodsFirst() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.edit(
        Resources.DEPLOYMENTS,
        "d",
        n -> n.withObjectProperty("spec").putObject("strategy").put("type", "Recreate"));
    c.observe = () -> assertThat(images().stream().distinct().count()).isLessThanOrEqualTo(1);
    image("i:2");
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).containsExactly("i:2", "i:2");
  }

  @Test
  void pausedScalesButDoesNotRollOut() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.edit(Resources.DEPLOYMENTS, "d", n -> n.withObjectProperty("spec").put("paused", true));
    image("i:2");
    c.edit(Resources.DEPLOYMENTS, "d", n -> n.withObjectProperty("spec").put("replicas", 5));
    c.pass(Duration.ofSeconds(5));
    assertThat(images()).hasSize(5).containsOnly("i:1");
    assertThat(condition(deployment(), "Progressing").path("reason").asText())
        .isEqualTo("DeploymentPaused");
    c.edit(Resources.DEPLOYMENTS, "d", n -> n.withObjectProperty("spec").put("paused", false));
    c.pass(Duration.ofSeconds(10));
    assertThat(images()).hasSize(5).containsOnly("i:2");
  }

  @Test
  void deletionTakesEverythingAlong() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.delete(Resources.DEPLOYMENTS, "d", DeleteOptions.background());
    c.pass(Duration.ofSeconds(5));
    assertThat(c.pods()).isEmpty();
    assertThat(c.api.all(Resources.REPLICA_SETS)).isEmpty();
  }

  @Test
  void foregroundDeletionWaitsForThePods() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.delete(Resources.DEPLOYMENTS, "d", new DeleteOptions(-1, "Foreground", "", "", false));
    assertThat(c.peek(Resources.DEPLOYMENTS, "d")).isNotNull();
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(Resources.DEPLOYMENTS, "d")).isNull();
    assertThat(c.pods()).isEmpty();
  }

  @Test
  void orphansStay() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(5));
    c.delete(Resources.DEPLOYMENTS, "d", new DeleteOptions(-1, "Orphan", "", "", false));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(Resources.DEPLOYMENTS, "d")).isNull();
    assertThat(c.pods()).hasSize(3);
    assertThat(c.api.all(Resources.REPLICA_SETS).getFirst().ownerReferences()).isEmpty();
    // A new Deployment of the same selector takes them over.
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i:1"));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.all(Resources.REPLICA_SETS)).hasSize(1);
    assertThat(c.pods()).hasSize(3);
  }

  @Test
  void oldRevisionsAreClearedAway() {
    c.create(
        Resources.DEPLOYMENTS,
        Cluster.deployment("d", 1, "i:0")
            .replace("\"revisionHistoryLimit\":10", "\"revisionHistoryLimit\":2"));
    for (int i = 1; i < 6; i++) {
      c.pass(Duration.ofSeconds(5));
      image("i:" + i);
    }
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.all(Resources.REPLICA_SETS)).hasSize(3);
    assertThat(images()).containsExactly("i:5");
  }

  /**
   * Whatever is done to a Deployment, its two promises hold at every moment, and it ends as wanted.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void rollingUpdateKeepsItsPromises(long seed) {
    Random random = new Random(seed);
    int replicas = 2 + random.nextInt(9);
    int surge = random.nextInt(4);
    int unavailable = surge == 0 ? 1 + random.nextInt(3) : random.nextInt(4);
    c.create(
        Resources.DEPLOYMENTS,
        Cluster.deployment("d", replicas, "i:0")
            .replace("\"maxSurge\":\"25%\"", "\"maxSurge\":" + surge)
            .replace("\"maxUnavailable\":\"25%\"", "\"maxUnavailable\":" + unavailable));
    c.pass(Duration.ofSeconds(10));
    c.observe =
        () -> {
          List<KubeObject> pods = c.pods().stream().filter(p -> !p.isDeleting()).toList();
          long ready =
              pods.stream()
                  .filter(p -> p.tree().at("/status/conditions/0/status").asText().equals("True"))
                  .count();
          assertThat(pods.size()).as("seed %d: surge", seed).isLessThanOrEqualTo(replicas + surge);
          assertThat(ready)
              .as("seed %d: available", seed)
              .isGreaterThanOrEqualTo(replicas - Math.min(unavailable, replicas));
        };
    for (int i = 1; i <= 4; i++) {
      image("i:" + i);
      c.startTime = Duration.ofMillis(random.nextInt(500));
      c.stopTime = Duration.ofMillis(random.nextInt(500));
      c.pass(Duration.ofMillis(random.nextInt(1500)));
    }
    c.pass(Duration.ofSeconds(60));
    assertThat(images()).as("seed %d", seed).hasSize(replicas).containsOnly("i:4");
    assertThat(deployment().at("status", "updatedReplicas").asInt()).isEqualTo(replicas);
  }
}
