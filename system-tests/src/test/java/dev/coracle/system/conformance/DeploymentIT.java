package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rolling from one template to the next. */
@Conformance
class DeploymentIT {

  private static final String RESOURCE = "deployments.apps";

  private static JsonNode awaitComplete(Space space, String name, int replicas) {
    return space.await(
        RESOURCE,
        name,
        "complete",
        d ->
            d.at("/status/observedGeneration").asInt() >= d.at("/metadata/generation").asInt()
                && d.at("/status/updatedReplicas").asInt() == replicas
                && d.at("/status/replicas").asInt() == replicas
                && d.at("/status/availableReplicas").asInt() == replicas);
  }

  private static List<JsonNode> replicaSets(Space space, String name) {
    return space.list("replicasets.apps", "app=" + name);
  }

  @Test
  @DisplayName(
      "[sig-apps] Deployment RollingUpdateDeployment should delete old pods and create new ones"
          + " [Conformance]")
  void rollingUpdate(Space space) {
    // Adopts a replica set that was there before, and rolls away from it.
    ObjectNode set = Workload.replicaSet("roll", 1);
    ((ObjectNode) set.get("metadata"))
        .putObject("annotations")
        .put("deployment.kubernetes.io/revision", "3546343826724305832");
    JsonNode old = space.create(set);
    Workload.awaitReady(space, "roll", 1);
    ObjectNode deployment = Workload.deployment("roll", 1);
    Workload.change(deployment, "2");
    JsonNode created = space.create(deployment);
    JsonNode done = awaitComplete(space, "roll", 1);
    assertThat(text(done, "/metadata/annotations/deployment.kubernetes.io~1revision"))
        .isEqualTo("3546343826724305833");
    JsonNode oldNow = space.get("replicasets.apps", "roll");
    assertThat(Workload.isOwnedBy(oldNow, created)).isTrue();
    assertThat(oldNow.at("/spec/replicas").asInt(-1)).isZero();
    assertThat(replicaSets(space, "roll")).hasSize(2);
    assertThat(text(old, "/metadata/uid")).isEqualTo(text(oldNow, "/metadata/uid"));
  }

  @Test
  @DisplayName(
      "[sig-apps] Deployment RecreateDeployment should delete old pods and create new ones"
          + " [Conformance]")
  void recreate(Space space) {
    ObjectNode deployment = Workload.deployment("re", 1);
    ((ObjectNode) deployment.get("spec")).putObject("strategy").put("type", "Recreate");
    space.create(deployment);
    awaitComplete(space, "re", 1);
    try (Watcher watcher = space.watch("pods", "&labelSelector=app%3Dre")) {
      watcher.next("ADDED");
      space.edit(RESOURCE, "re", d -> Workload.change(d, "2"));
      // The old one has to be at its end before the new one comes.
      JsonNode first =
          watcher.next(e ->
              e.path("type").asText().equals("DELETED")
                  || e.path("type").asText().equals("ADDED")
                  || text(e, "/object/status/phase").equals("Succeeded")
                  || text(e, "/object/status/phase").equals("Failed"));
      assertThat(first.path("type").asText()).isNotEqualTo("ADDED");
    }
    awaitComplete(space, "re", 1);
  }

  @Test
  @DisplayName("[sig-apps] Deployment deployment should delete old replica sets [Conformance]")
  void historyLimit(Space space) {
    ObjectNode deployment = Workload.deployment("hist", 1);
    ((ObjectNode) deployment.get("spec")).put("revisionHistoryLimit", 0);
    space.create(deployment);
    awaitComplete(space, "hist", 1);
    space.edit(RESOURCE, "hist", d -> Workload.change(d, "2"));
    awaitComplete(space, "hist", 1);
    space.awaitList("replicasets.apps", "app=hist", "one", l -> l.size() == 1);
  }

  @Test
  @DisplayName("[sig-apps] Deployment deployment should support rollover [Conformance]")
  void rollover(Space space) {
    ObjectNode deployment = Workload.deployment("over", 1);
    space.create(deployment);
    awaitComplete(space, "over", 1);
    // A first change that cannot succeed is overtaken by a second.
    space.edit(RESOURCE, "over", d -> Workload.container(d).put("image", "localhost/no/such:1"));
    space.awaitList("replicasets.apps", "app=over", "two", l -> l.size() == 2);
    space.edit(
        RESOURCE,
        "over",
        d -> {
          Workload.container(d).put("image", TestImage.NAME);
          Workload.change(d, "3");
        });
    awaitComplete(space, "over", 1);
    List<JsonNode> sets = replicaSets(space, "over");
    assertThat(sets).hasSize(3);
    assertThat(sets.stream().filter(s -> s.at("/spec/replicas").asInt() > 0)).hasSize(1);
  }

  @Test
  @DisplayName("[sig-apps] Deployment deployment should support proportional scaling [Conformance]")
  void proportional(Space space) {
    ObjectNode deployment = Workload.deployment("prop", 4);
    ((ObjectNode) deployment.get("spec"))
        .set("strategy", Manifest.parse("{rollingUpdate: {maxSurge: 2, maxUnavailable: 1}}"));
    space.create(deployment);
    awaitComplete(space, "prop", 4);
    space.edit(RESOURCE, "prop", d -> Workload.container(d).put("image", "localhost/no/such:1"));
    // 4 - 1 old ones stay, the new ones fill up to 4 + 2.
    space.awaitList("replicasets.apps", "app=prop", "3 and 3", l -> sizes(l).equals(List.of(3, 3)));
    space.merge(RESOURCE, "prop", "{spec: {replicas: 10}}");
    // 10 + 2 in all, shared in proportion.
    space.awaitList("replicasets.apps", "app=prop", "6 and 6", l -> sizes(l).equals(List.of(6, 6)));
  }

  private static List<Integer> sizes(List<JsonNode> sets) {
    return sets.stream().map(s -> s.at("/spec/replicas").asInt()).sorted().toList();
  }

  @Test
  @DisplayName(
      "[sig-apps] Deployment Deployment should have a working scale subresource [Conformance]")
  void scale(Space space) {
    space.create(Workload.deployment("sc", 1));
    awaitComplete(space, "sc", 1);
    ScaleCheck.run(space, RESOURCE, "sc", 1);
  }

  @Test
  @DisplayName("[sig-apps] Deployment should run the lifecycle of a Deployment [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch(RESOURCE, "&labelSelector=app%3Dlife")) {
      space.create(Workload.deployment("life", 2));
      watcher.expect("ADDED", "life");
      awaitComplete(space, "life", 2);
      space.strategic(
          RESOURCE,
          "life",
          "{metadata: {labels: {patched: 'yes'}}, spec: {replicas: 1, template: {spec:"
              + " {terminationGracePeriodSeconds: 0}}}}");
      watcher.next(e -> text(e, "/object/metadata/labels/patched").equals("yes"));
      awaitComplete(space, "life", 1);
      JsonNode everywhere =
          space
              .api()
              .get(space.everywhere(RESOURCE) + "?labelSelector=app%3Dlife,patched%3Dyes")
              .ok();
      assertThat(Space.items(everywhere)).isNotEmpty();
      JsonNode status =
          space
              .tryPatch(
                  space.path(RESOURCE, "life") + "/status",
                  "application/strategic-merge-patch+json",
                  "{metadata: {labels: {status: patched}}, status: {readyReplicas: 0, availableReplicas: 0}}")
              .ok();
      // Labels do not come with a Deployment's status.
      assertThat(status.at("/metadata/labels").has("status")).isFalse();
      awaitComplete(space, "life", 1);
      space.edit(RESOURCE, "life", d -> Workload.change(d, "9"));
      awaitComplete(space, "life", 1);
      space.deleteAll(RESOURCE, "app=life");
      watcher.next("DELETED");
    }
  }

  @Test
  @DisplayName("[sig-apps] Deployment should validate Deployment Status endpoints [Conformance]")
  void status(Space space) {
    space.create(Workload.deployment("st", 1));
    awaitComplete(space, "st", 1);
    StatusCheck.run(space, RESOURCE, "st");
  }
}
