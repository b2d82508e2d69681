package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Budgets for disruptions, and evictions. */
@Conformance
class DisruptionIT {

  private static final String RESOURCE = "poddisruptionbudgets.policy";

  private static String budget(String name, String spec) {
    return "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: %s, labels: {set: x}}, spec: {selector: {matchLabels: {app: %1$s}}, %s}}"
        .formatted(name, spec);
  }

  private static Reply evict(Space space, String pod) {
    return space.send(
        "POST",
        space.path("pods", pod) + "/eviction",
        Manifest.parse(
            "{apiVersion: policy/v1, kind: Eviction, metadata: {name: %s}}".formatted(pod)));
  }

  @Test
  @DisplayName("[sig-apps] DisruptionController should create a PodDisruptionBudget [Conformance]")
  void create(Space space) {
    space.create(budget("b", "minAvailable: 1"));
    space.edit(RESOURCE, "b", p -> ((ObjectNode) p.get("spec")).put("minAvailable", 2));
    JsonNode patched = space.strategic(RESOURCE, "b", "{spec: {minAvailable: 3}}");
    assertThat(patched.at("/spec/minAvailable").asInt()).isEqualTo(3);
    space.await(
        RESOURCE,
        "b",
        "seen",
        p -> p.at("/status/observedGeneration").asInt() == p.at("/metadata/generation").asInt());
    space.delete(RESOURCE, "b");
    space.awaitGone(RESOURCE, "b");
  }

  @Test
  @DisplayName(
      "[sig-apps] DisruptionController Listing PodDisruptionBudgets for all namespaces should list"
          + " and delete a collection of PodDisruptionBudgets [Conformance]")
  void collection(Space space) {
    for (String name : List.of("b1", "b2", "b3")) {
      space.create(budget(name, "minAvailable: 1"));
    }
    JsonNode everywhere =
        space.api().get(space.everywhere(RESOURCE) + "?labelSelector=set%3Dx").ok();
    assertThat(Space.items(everywhere)).hasSizeGreaterThanOrEqualTo(3);
    space.deleteAll(RESOURCE, "set=x");
    assertThat(space.list(RESOURCE)).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-apps] DisruptionController should observe PodDisruptionBudget status updated"
          + " [Conformance]")
  void observed(Space space) {
    space.create(budget("obs", "minAvailable: 1"));
    space.create(Workload.replicaSet("obs", 3));
    Workload.awaitReady(space, "obs", 3);
    JsonNode status =
        space.await(
            RESOURCE, "obs", "counted", p -> p.at("/status/disruptionsAllowed").asInt() == 2);
    assertThat(status.at("/status/currentHealthy").asInt()).isEqualTo(3);
    assertThat(status.at("/status/expectedPods").asInt()).isEqualTo(3);
    assertThat(status.at("/status/desiredHealthy").asInt()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "[sig-apps] DisruptionController should update/patch PodDisruptionBudget status"
          + " [Conformance]")
  void status(Space space) {
    space.create(budget("st", "minAvailable: 1"));
    space.await(RESOURCE, "st", "seen", p -> p.at("/status/observedGeneration").asInt() == 1);
    JsonNode updated =
        space.edit(
            RESOURCE,
            "st",
            "status",
            p ->
                ((ObjectNode) p.get("status"))
                    .putObject("disruptedPods")
                    .put(
                        "some-pod",
                        java.time.Instant.now()
                            .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                            .toString()));
    assertThat(updated.at("/status/disruptedPods").has("some-pod")).isTrue();
    JsonNode patched = space.mergeStatus(RESOURCE, "st", "{status: {disruptedPods: null}}");
    assertThat(patched.at("/status/disruptedPods").has("some-pod")).isFalse();
  }

  @Test
  @DisplayName(
      "[sig-apps] DisruptionController should block an eviction until the PDB is updated to allow"
          + " it [Conformance]")
  void eviction(Space space) {
    space.create(budget("ev", "minAvailable: 3"));
    space.create(Workload.replicaSet("ev", 3));
    String pod = text(Workload.awaitReady(space, "ev", 3).get(0), "/metadata/name");
    space.await(RESOURCE, "ev", "counted", p -> p.at("/status/currentHealthy").asInt() == 3);
    JsonNode refused = evict(space, pod).refused(429);
    assertThat(text(refused, "/message"))
        .isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
    assertThat(text(refused, "/details/causes/0/reason")).isEqualTo("DisruptionBudget");
    assertThat(text(refused, "/details/causes/0/message"))
        .isEqualTo("The disruption budget ev needs 3 healthy pods and has 3 currently");
    space.merge(RESOURCE, "ev", "{spec: {minAvailable: 2}}");
    space.await(RESOURCE, "ev", "open", p -> p.at("/status/disruptionsAllowed").asInt() == 1);
    evict(space, pod).ok();
    space.awaitGone("pods", pod);
  }

  /** Of a kind that only its definition knows, whose size is where that says it is. */
  @Test
  void countsThePodsOfACustomResource(Space space) {
    CustomKind custom =
        CustomKind.create(
            space,
            "g" + Space.unique() + ".example.com",
            "flock" + Space.unique(),
            """
            {name: v1, served: true, storage: true,
             schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}},
             subresources: {scale: {specReplicasPath: .spec.sheep, statusReplicasPath: .status.sheep}}}
            """);
    JsonNode owner = custom.create("big", "spec: {sheep: 3}");
    space.create(budget("flock", "maxUnavailable: 2"));
    for (int i = 0; i < 2; i++) {
      ObjectNode pod =
          Manifest.parse(
              """
              apiVersion: v1
              kind: Pod
              metadata: {name: sheep-%d, labels: {app: flock}}
              spec:
                terminationGracePeriodSeconds: 1
                containers: [{name: main, image: $IMAGE, command: [sleep, "3600"]}]
              """
                  .formatted(i));
      ((ObjectNode) pod.path("metadata"))
          .putArray("ownerReferences")
          .addObject()
          .put("apiVersion", text(owner, "/apiVersion"))
          .put("kind", text(owner, "/kind"))
          .put("name", "big")
          .put("uid", text(owner, "/metadata/uid"))
          .put("controller", true);
      space.create(pod);
    }
    JsonNode counted =
        space.await(RESOURCE, "flock", "counted", p -> p.at("/status/currentHealthy").asInt() == 2);
    assertThat(counted.at("/status/expectedPods").asInt()).isEqualTo(3);
    assertThat(counted.at("/status/desiredHealthy").asInt()).isEqualTo(1);
    assertThat(counted.at("/status/disruptionsAllowed").asInt()).isEqualTo(1);
    evict(space, "sheep-0").ok();
    evict(space, "sheep-1").refused(429);
  }
}
