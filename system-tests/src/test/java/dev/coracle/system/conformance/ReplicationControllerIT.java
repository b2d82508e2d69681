package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The first of the workloads. */
@Conformance
class ReplicationControllerIT {

  private static final String RESOURCE = "replicationcontrollers";

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should serve a basic image on each replica with a public"
          + " image [Conformance]")
  void serve(Space space) {
    ObjectNode set = Workload.replicationController("serve", 2);
    Workload.container(set)
        .putArray("command")
        .add("sh")
        .add("-c")
        .add("exec httpd -f -p 9376 -h /www");
    space.create(set);
    for (JsonNode pod : Workload.awaitReady(space, "serve", 2)) {
      String name = text(pod, "/metadata/name");
      String path = space.path("pods", name + ":9376") + "/proxy/cgi-bin/hostname";
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(space.api().get(path).text()).isEqualTo(name + "\n"));
    }
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should adopt matching pods on creation [Conformance]")
  void adopt(Space space) {
    space.create(TestPod.sleeping("orphan").meta("{labels: {app: ad}}").json());
    JsonNode set = space.create(Workload.replicationController("ad", 1));
    space.await("pods", "orphan", "adopted", p -> Workload.isOwnedBy(p, set));
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should release no longer matching pods [Conformance]")
  void release(Space space) {
    JsonNode set = space.create(Workload.replicationController("rel", 1));
    String pod = text(Workload.awaitReady(space, "rel", 1).get(0), "/metadata/name");
    space.merge("pods", pod, "{metadata: {labels: {app: released}}}");
    space.await("pods", pod, "released", p -> !Workload.isOwnedBy(p, set));
    Workload.awaitReady(space, "rel", 1);
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should get and update a ReplicationController scale"
          + " [Conformance]")
  void scale(Space space) {
    space.create(Workload.replicationController("sc", 1));
    Workload.awaitReady(space, "sc", 1);
    space.await(RESOURCE, "sc", "one", s -> s.at("/status/replicas").asInt() == 1);
    ScaleCheck.run(space, RESOURCE, "sc", 1);
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should surface a failure condition on a common issue like"
          + " exceeded quota [Conformance]")
  void quota(Space space) {
    space.create(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: two}, spec: {hard: {pods: '2'}}}");
    space.await("resourcequotas", "two", "counted", q -> text(q, "/status/hard/pods").equals("2"));
    space.create(Workload.replicationController("many", 3));
    JsonNode failed =
        space.await(RESOURCE, "many", "failing", r -> hasCondition(r, "ReplicaFailure", "True"));
    assertThat(Space.condition(failed, "ReplicaFailure").path("reason").asText())
        .isEqualTo("FailedCreate");
    assertThat(Space.condition(failed, "ReplicaFailure").path("message").asText())
        .contains("exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2");
    space.edit(RESOURCE, "many", r -> ((ObjectNode) r.get("spec")).put("replicas", 2));
    space.await(
        RESOURCE, "many", "well", r -> Space.condition(r, "ReplicaFailure").isMissingNode());
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicationController should test the lifecycle of a ReplicationController"
          + " [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch(RESOURCE, "&labelSelector=app%3Dlife")) {
      space.create(Workload.replicationController("life", 1));
      watcher.expect("ADDED", "life");
      watcher.next(e -> e.at("/object/status/readyReplicas").asInt() == 1);
      space.strategic(RESOURCE, "life", "{metadata: {labels: {patched: 'yes'}}}");
      watcher.next(e -> text(e, "/object/metadata/labels/patched").equals("yes"));
      space.mergeStatus(RESOURCE, "life", "{status: {readyReplicas: 0, availableReplicas: 0}}");
      watcher.next(e -> e.at("/object/status/readyReplicas").asInt() == 0);
      JsonNode status = space.api().get(space.path(RESOURCE, "life") + "/status").ok();
      assertThat(text(status, "/kind")).isEqualTo("ReplicationController");
      space
          .tryPatch(
              space.path(RESOURCE, "life") + "/scale",
              "application/strategic-merge-patch+json",
              "{spec: {replicas: 2}}")
          .ok();
      watcher.next(e -> e.at("/object/status/readyReplicas").asInt() == 2);
      JsonNode everywhere =
          space.api().get("/api/v1/replicationcontrollers?labelSelector=app%3Dlife").ok();
      assertThat(Space.items(everywhere)).isNotEmpty();
      space.deleteAll(RESOURCE, "app=life");
      watcher.next("DELETED");
    }
  }
}
