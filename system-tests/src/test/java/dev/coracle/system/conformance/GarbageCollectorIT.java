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

  private static JsonNode awaitPods(Space space, String app, int count) {
    return space.awaitList("pods", "app=" + app, count + " pods", l -> l.size() == count).get(0);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should delete RS created by deployment when not"
          + " orphaning [Conformance]")
  void deployment(Space space) {
    space.create(Workload.deployment("gc", 1));
    space.awaitList("replicasets.apps", "app=gc", "one", l -> l.size() == 1);
    space.delete("deployments.apps", "gc", "{propagationPolicy: Background}");
    space.awaitList("replicasets.apps", "app=gc", "gone", List::isEmpty);
    space.awaitList("pods", "app=gc", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should orphan RS created by deployment when"
          + " deleteOptions.PropagationPolicy is Orphan [Conformance]")
  void orphanSets(Space space) {
    space.create(Workload.deployment("gc", 1));
    JsonNode set = space.awaitList("replicasets.apps", "app=gc", "one", l -> l.size() == 1).get(0);
    // Its pod shows that the controllers have heard of the set, and so has the collector.
    awaitPods(space, "gc", 1);
    space.delete("deployments.apps", "gc", "{propagationPolicy: Orphan}");
    space.awaitGone("deployments.apps", "gc");
    JsonNode orphan = space.get("replicasets.apps", text(set, "/metadata/name"));
    assertThat(orphan.path("metadata").has("ownerReferences")).isFalse();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should delete pods created by rc when not orphaning"
          + " [Conformance]")
  void controller(Space space) {
    space.create(Workload.replicationController("gc", 2));
    awaitPods(space, "gc", 2);
    space.delete("replicationcontrollers", "gc", "{propagationPolicy: Background}");
    space.awaitList("pods", "app=gc", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should orphan pods created by rc if delete options say"
          + " so [Conformance] [Serial]")
  void orphanPods(Space space) {
    space.create(Workload.replicationController("gc", 5));
    awaitPods(space, "gc", 5);
    space.await(
        "replicationcontrollers", "gc", "counted", r -> r.at("/status/replicas").asInt() == 5);
    space.delete("replicationcontrollers", "gc", "{propagationPolicy: Orphan}");
    space.awaitGone("replicationcontrollers", "gc");
    assertThat(space.list("pods", "app=gc"))
        .hasSize(5)
        .noneMatch(p -> p.path("metadata").has("ownerReferences"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should keep the rc around until all its pods are"
          + " deleted if the deleteOptions says so [Conformance] [Serial]")
  void foreground(Space space) {
    space.create(Workload.replicationController("gc", 2));
    awaitPods(space, "gc", 2);
    try (Watcher pods = space.watch("pods", "&labelSelector=app%3Dgc");
        Watcher owners =
            space.watch("replicationcontrollers", "&fieldSelector=metadata.name%3Dgc")) {
      space.delete("replicationcontrollers", "gc", "{propagationPolicy: Foreground}");
      JsonNode marked = owners.next(e -> e.at("/object/metadata").has("deletionTimestamp"));
      assertThat(text(marked, "/object/metadata/finalizers/0")).isEqualTo("foregroundDeletion");
      long lastPod = Math.max(version(pods.next("DELETED")), version(pods.next("DELETED")));
      assertThat(version(owners.next("DELETED"))).isGreaterThan(lastPod);
    }
  }

  private static long version(JsonNode event) {
    return Long.parseLong(text(event, "/object/metadata/resourceVersion"));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should not delete dependents that have both valid"
          + " owner and owner that's waiting for dependents to be deleted [Conformance] [Serial]")
  void twoOwners(Space space) {
    JsonNode deleted = space.create(Workload.replicationController("deleted", 3));
    ObjectNode other = Workload.replicationController("stays", 0);
    ((ObjectNode) other.at("/spec/selector")).put("app", "nothing");
    ((ObjectNode) other.at("/spec/template/metadata/labels")).put("app", "nothing");
    JsonNode stays = space.create(other);
    List<JsonNode> pods = space.awaitList("pods", "app=deleted", "three", l -> l.size() == 3);
    String shared = text(pods.get(0), "/metadata/name");
    space.jsonPatch(
        "pods",
        shared,
        """
        [{"op": "add", "path": "/metadata/ownerReferences/-",
          "value": {"apiVersion": "v1", "kind": "ReplicationController", "name": "stays", "uid": "%s"}}]
        """
            .formatted(text(stays, "/metadata/uid")));
    space.delete("replicationcontrollers", "deleted", "{propagationPolicy: Foreground}");
    space.awaitGone("replicationcontrollers", "deleted");
    assertThat(space.list("pods", "app=deleted"))
        .extracting(p -> text(p, "/metadata/name"))
        .containsExactly(shared);
    JsonNode pod = space.get("pods", shared);
    assertThat(pod.at("/metadata/ownerReferences")).hasSize(1);
    assertThat(text(pod, "/metadata/ownerReferences/0/name")).isEqualTo("stays");
    assertThat(deleted).isNotNull();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Garbage collector should not be blocked by dependency circle"
          + " [Conformance]")
  void circle(Space space) {
    String[] uids = new String[3];
    for (int i = 0; i < 3; i++) {
      uids[i] =
          text(
              space.create(TestPod.sleeping("pod" + i).meta("{labels: {app: circle}}").json()),
              "/metadata/uid");
    }
    for (int i = 0; i < 3; i++) {
      int owner = (i + 2) % 3;
      space.merge(
          "pods",
          "pod" + i,
          "{metadata: {ownerReferences: [{apiVersion: v1, kind: Pod, name: pod%d, uid: %s, controller: true, blockOwnerDeletion: true}]}}"
              .formatted(owner, uids[owner]));
    }
    space.delete("pods", "pod0", "{propagationPolicy: Foreground}");
    space.awaitList("pods", "app=circle", "gone", List::isEmpty);
  }
}
