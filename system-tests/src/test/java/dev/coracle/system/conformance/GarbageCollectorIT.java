package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What goes with its owner, and what stays. */
@Conformance
class GarbageCollectorIT {

  /** So many as upstream takes at the least. */
  private static final int MANY = 10;

  private static void awaitReplicas(Space space, String resource, String name, int count) {
    space.await(
        resource,
        name,
        "with " + count + " replicas",
        o ->
            o.at("/status/replicas").asInt() == count
                && o.at("/status/observedGeneration").asInt()
                    >= o.at("/metadata/generation").asInt());
  }

  /** Deletes what was created, and nothing that has its name. */
  private static void delete(Space space, String resource, JsonNode object, String policy) {
    space.delete(
        resource,
        text(object, "/metadata/name"),
        "{propagationPolicy: %s, preconditions: {uid: %s}}"
            .formatted(policy, text(object, "/metadata/uid")));
  }

  /** Their pods need no node. */
  private static ObjectNode unscheduled(String name, int replicas) {
    ObjectNode rc = Workload.replicationController(name, replicas);
    ((ObjectNode) rc.at("/spec/template/spec")).put("schedulerName", "nobody");
    return rc;
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should delete RS created by deployment when not"
          + " orphaning [Conformance]")
  void deployment(Space space) {
    JsonNode deployment = space.create(Workload.deployment("gc", 2));
    space.awaitList("replicasets.apps", "app=gc", "one", l -> l.size() == 1);
    delete(space, "deployments.apps", deployment, "Background");
    space.awaitList("replicasets.apps", "app=gc", "gone", List::isEmpty);
    space.awaitList("pods", "app=gc", "gone", List::isEmpty);
    assertThat(space.list("deployments.apps")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should orphan RS created by deployment when"
          + " deleteOptions.PropagationPolicy is Orphan [Conformance]")
  void orphanSets(Space space) {
    JsonNode deployment = space.create(Workload.deployment("gc", 2));
    JsonNode set = space.awaitList("replicasets.apps", "app=gc", "one", l -> l.size() == 1).get(0);
    awaitReplicas(space, "replicasets.apps", text(set, "/metadata/name"), 2);
    delete(space, "deployments.apps", deployment, "Orphan");
    space.awaitGone("deployments.apps", "gc");
    assertThat(space.list("replicasets.apps"))
        .hasSize(1)
        .noneMatch(o -> o.path("metadata").has("ownerReferences"));
    assertThat(Workload.alive(space.list("pods", "app=gc")))
        .hasSize(2)
        .allMatch(p -> Workload.isOwnedBy(p, set));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning"
          + " [Conformance]")
  void controller(Space space) {
    JsonNode rc = space.create(Workload.replicationController("gc", 2));
    // Not all of them: the controller may be about to make the next.
    space.awaitList("pods", "app=gc", "there", l -> !l.isEmpty());
    delete(space, "replicationcontrollers", rc, "Background");
    space.awaitList("pods", "app=gc", "gone", List::isEmpty);
    assertThat(space.list("replicationcontrollers")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should orphan pods created by rc if delete options say"
          + " so [Conformance] [Serial]")
  void orphan(Space space) {
    JsonNode rc = space.create(unscheduled("gc", MANY));
    JsonNode later = space.create(unscheduled("later", 1));
    awaitReplicas(space, "replicationcontrollers", "gc", MANY);
    awaitReplicas(space, "replicationcontrollers", "later", 1);
    delete(space, "replicationcontrollers", rc, "Orphan");
    space.awaitGone("replicationcontrollers", "gc");
    // What the collector does after that shows that it is done with the orphans.
    delete(space, "replicationcontrollers", later, "Background");
    space.awaitList("pods", "app=later", "gone", List::isEmpty);
    assertThat(Workload.alive(space.list("pods", "app=gc")))
        .hasSize(MANY)
        .noneMatch(p -> p.path("metadata").has("ownerReferences"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should keep the rc around until all its pods are"
          + " deleted if the deleteOptions says so [Conformance] [Serial]")
  void foreground(Space space) {
    JsonNode rc = space.create(Workload.replicationController("gc", MANY));
    awaitReplicas(space, "replicationcontrollers", "gc", MANY);
    try (Watcher pods = space.watch("pods", "&labelSelector=app%3Dgc");
        Watcher owners =
            space.watch("replicationcontrollers", "&fieldSelector=metadata.name%3Dgc")) {
      delete(space, "replicationcontrollers", rc, "Foreground");
      JsonNode marked = owners.next(e -> e.at("/object/metadata").has("deletionTimestamp"));
      assertThat(text(marked, "/object/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
      long lastPod = 0;
      for (int i = 0; i < MANY; i++) {
        lastPod = Math.max(lastPod, version(pods.next("DELETED")));
      }
      assertThat(version(owners.next("DELETED"))).isGreaterThan(lastPod);
    }
    assertThat(space.list("pods", "app=gc")).isEmpty();
  }

  private static long version(JsonNode event) {
    return Long.parseLong(text(event, "/object/metadata/resourceVersion"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should not delete dependents that have both valid"
          + " owner and owner that's waiting for dependents to be deleted [Conformance] [Serial]")
  void twoOwners(Space space) {
    JsonNode deleted = space.create(Workload.replicationController("deleted", MANY));
    JsonNode stays = space.create(Workload.replicationController("stays", 0));
    awaitReplicas(space, "replicationcontrollers", "deleted", MANY);
    List<String> shared =
        space.list("pods", "app=deleted").stream()
            .map(p -> text(p, "/metadata/name"))
            .limit(MANY / 2)
            .toList();
    for (String pod : shared) {
      space.strategic(
          "pods",
          pod,
          "{metadata: {ownerReferences: [{apiVersion: v1, kind: ReplicationController, name: stays, uid: %s}]}}"
              .formatted(text(stays, "/metadata/uid")));
    }
    delete(space, "replicationcontrollers", deleted, "Foreground");
    space.awaitGone("replicationcontrollers", "deleted");
    List<JsonNode> left = space.list("pods", "app=deleted");
    assertThat(left)
        .extracting(p -> text(p, "/metadata/name"))
        .containsExactlyInAnyOrderElementsOf(shared);
    assertThat(left)
        .noneMatch(p -> p.path("metadata").has("deletionTimestamp"))
        .allMatch(p -> p.at("/metadata/ownerReferences").size() == 1)
        .allMatch(p -> text(p, "/metadata/ownerReferences/0/name").equals("stays"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should not be blocked by dependency circle"
          + " [Conformance]")
  void circle(Space space) {
    JsonNode[] pods = new JsonNode[3];
    for (int i = 0; i < 3; i++) {
      pods[i] = space.create(TestPod.sleeping("pod" + i).meta("{labels: {app: circle}}").json());
    }
    for (int i = 0; i < 3; i++) {
      int owner = (i + 2) % 3;
      space.strategic(
          "pods",
          "pod" + i,
          "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: pod%d, uid: %s, controller: true, blockOwnerDeletion: true}]}}"
              .formatted(owner, text(pods[owner], "/metadata/uid")));
    }
    delete(space, "pods", pods[0], "Foreground");
    space.awaitList("pods", "app=circle", "gone", List::isEmpty);
  }
}
