package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Pods with names of their own, in order. */
@Conformance
class StatefulSetIT {

  private static final String RESOURCE = "statefulsets.apps";

  /** Ready only while the file is there, so a test can make it ill. */
  private static ObjectNode set(String name, int replicas) {
    ObjectNode set = Workload.statefulSet(name, replicas);
    Workload.container(set)
        .set(
            "readinessProbe",
            Manifest.parse(
                "{exec: {command: [sh, -c, '! test -e /tmp/ill']}, periodSeconds: 1,"
                    + " failureThreshold: 1}"));
    return set;
  }

  private static List<String> names(List<JsonNode> pods) {
    return pods.stream().map(p -> text(p, "/metadata/name")).sorted().toList();
  }

  private static JsonNode awaitUpdated(Space space, String name, int replicas) {
    return space.await(
        RESOURCE,
        name,
        "updated",
        s ->
            s.at("/status/observedGeneration").asInt() >= s.at("/metadata/generation").asInt()
                && s.at("/status/updatedReplicas").asInt() == replicas
                && s.at("/status/readyReplicas").asInt() == replicas
                && text(s, "/status/currentRevision").equals(text(s, "/status/updateRevision")));
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Scaling should"
          + " happen in predictable order and halt if any stateful pod is unhealthy [Conformance]"
          + " [Slow]")
  void order(Space space) {
    try (Watcher watcher = space.watch("pods", "&labelSelector=app%3Dss")) {
      space.create(set("ss", 1));
      Workload.awaitReady(space, "ss", 1);
      Exec.shell(space, "ss-0", "touch /tmp/ill");
      space.await("pods", "ss-0", "ill", p -> hasCondition(p, "Ready", "False"));
      space.merge(RESOURCE, "ss", "{spec: {replicas: 3}}");
      space.await(RESOURCE, "ss", "seen", s -> s.at("/status/observedGeneration").asInt() == 2);
      assertThat(names(space.list("pods", "app=ss"))).containsExactly("ss-0");
      Exec.shell(space, "ss-0", "rm /tmp/ill");
      Workload.awaitReady(space, "ss", 3);
      for (String name : List.of("ss-0", "ss-1", "ss-2")) {
        assertThat(text(watcher.next("ADDED"), "/object/metadata/name")).isEqualTo(name);
      }
      Exec.shell(space, "ss-1", "touch /tmp/ill");
      space.await("pods", "ss-1", "ill", p -> hasCondition(p, "Ready", "False"));
      space.merge(RESOURCE, "ss", "{spec: {replicas: 0}}");
      space.awaitGone("pods", "ss-2");
      // The first pod that is ill does not hold its own end up.
      space.awaitList("pods", "app=ss", "gone", List::isEmpty);
      for (String name : List.of("ss-2", "ss-1", "ss-0")) {
        assertThat(text(watcher.next("DELETED"), "/object/metadata/name")).isEqualTo(name);
      }
    }
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Burst scaling"
          + " should run to completion even with unhealthy pods [Conformance] [Slow]")
  void burst(Space space) {
    ObjectNode set = set("burst", 1);
    ((ObjectNode) set.get("spec")).put("podManagementPolicy", "Parallel");
    space.create(set);
    Workload.awaitReady(space, "burst", 1);
    Exec.shell(space, "burst-0", "touch /tmp/ill");
    space.await("pods", "burst-0", "ill", p -> hasCondition(p, "Ready", "False"));
    space.merge(RESOURCE, "burst", "{spec: {replicas: 3}}");
    space.awaitList("pods", "app=burst", "three", l -> l.size() == 3);
    Exec.shell(space, "burst-0", "rm /tmp/ill");
    Workload.awaitReady(space, "burst", 3);
    Exec.shell(space, "burst-0", "touch /tmp/ill");
    space.await("pods", "burst-0", "ill", p -> hasCondition(p, "Ready", "False"));
    space.merge(RESOURCE, "burst", "{spec: {replicas: 0}}");
    space.awaitList("pods", "app=burst", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] Should recreate"
          + " evicted statefulset [Conformance]")
  void recreate(Space space) {
    JsonNode other =
        space.start(
            TestPod.sleeping("taker")
                .container("{ports: [{containerPort: 21017, hostPort: 21017}]}"));
    ObjectNode set = Workload.statefulSet("ev", 1);
    ((ObjectNode) set.at("/spec/template/spec")).put("nodeName", text(other, "/spec/nodeName"));
    Workload.container(set)
        .withArray("ports")
        .addObject()
        .put("containerPort", 21017)
        .put("hostPort", 21017);
    // Bound by hand to a node where its port is taken: it fails, is deleted and comes again.
    try (Watcher watcher = space.watch("pods", "&labelSelector=app%3Dev")) {
      space.create(set);
      String first = text(watcher.next("ADDED"), "/object/metadata/uid");
      watcher.next("DELETED");
      space.delete("pods", "taker");
      JsonNode again =
          watcher.next(e ->
              Space.isReady(e.path("object")) && text(e, "/object/metadata/name").equals("ev-0"));
      assertThat(text(again, "/object/metadata/uid")).isNotEqualTo(first);
    }
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should have a"
          + " working scale subresource [Conformance]")
  void scale(Space space) {
    space.create(Workload.statefulSet("sc", 1));
    Workload.awaitReady(space, "sc", 1);
    space.await(RESOURCE, "sc", "one", s -> s.at("/status/replicas").asInt() == 1);
    ScaleCheck.run(space, RESOURCE, "sc", 1);
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should list, patch"
          + " and delete a collection of StatefulSets [Conformance]")
  void collection(Space space) {
    space.create(Workload.statefulSet("col", 1));
    Workload.awaitReady(space, "col", 1);
    JsonNode patched =
        space.strategic(
            RESOURCE,
            "col",
            "{metadata: {labels: {test-ss: patched}}, spec: {replicas: 2, template: {spec:"
                + " {terminationGracePeriodSeconds: 0}}}}");
    assertThat(text(patched, "/metadata/labels/test-ss")).isEqualTo("patched");
    Workload.awaitReady(space, "col", 2);
    JsonNode everywhere =
        space.api().get(space.everywhere(RESOURCE) + "?labelSelector=test-ss%3Dpatched").ok();
    assertThat(Space.items(everywhere)).isNotEmpty();
    space.deleteAll(RESOURCE, "test-ss=patched");
    space.awaitList(RESOURCE, "test-ss=patched", "gone", List::isEmpty);
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform"
          + " rolling updates and roll backs of template modifications [Conformance]")
  void rolling(Space space) {
    space.create(set("up", 2));
    Workload.awaitReady(space, "up", 2);
    String first = text(awaitUpdated(space, "up", 2), "/status/currentRevision");
    // The pods are renewed from the last to the first.
    try (Watcher watcher = space.watch("pods", "&labelSelector=app%3Dup")) {
      space.edit(RESOURCE, "up", s -> Workload.change(s, "2"));
      assertThat(text(watcher.next("DELETED"), "/object/metadata/name")).isEqualTo("up-1");
      assertThat(text(watcher.next("DELETED"), "/object/metadata/name")).isEqualTo("up-0");
    }
    String second = text(awaitUpdated(space, "up", 2), "/status/currentRevision");
    assertThat(second).isNotEqualTo(first);
    space.edit(RESOURCE, "up", s -> Workload.container(s).remove("env"));
    JsonNode back = awaitUpdated(space, "up", 2);
    assertThat(text(back, "/status/currentRevision")).isEqualTo(first);
    assertThat(space.list("pods", "app=up"))
        .allMatch(p -> text(p, "/metadata/labels/controller-revision-hash").equals(first));
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should perform"
          + " canary updates and phased rolling updates of template modifications [Conformance]")
  void canary(Space space) {
    ObjectNode set = set("can", 2);
    ((ObjectNode) set.get("spec"))
        .set(
            "updateStrategy",
            Manifest.parse("{type: RollingUpdate, rollingUpdate: {partition: 2}}"));
    space.create(set);
    Workload.awaitReady(space, "can", 2);
    JsonNode changed = space.edit(RESOURCE, "can", s -> Workload.change(s, "2"));
    JsonNode seen =
        space.await(
            RESOURCE,
            "can",
            "seen",
            s ->
                s.at("/status/observedGeneration").asInt()
                    >= changed.at("/metadata/generation").asInt());
    String old = text(seen, "/status/currentRevision");
    assertThat(text(seen, "/status/updateRevision")).isNotEqualTo(old);
    assertThat(space.list("pods", "app=can")).allMatch(p -> Workload.version(p).isEmpty());
    space.merge(RESOURCE, "can", "{spec: {updateStrategy: {rollingUpdate: {partition: 1}}}}");
    space.await(
        RESOURCE,
        "can",
        "one updated",
        s ->
            s.at("/status/updatedReplicas").asInt() == 1
                && s.at("/status/readyReplicas").asInt() == 2);
    assertThat(Workload.version(space.get("pods", "can-1"))).isEqualTo("2");
    assertThat(Workload.version(space.get("pods", "can-0"))).isEmpty();
    // A pod below the partition comes back as it was.
    space.delete("pods", "can-0");
    space.awaitList(
        "pods",
        "app=can,controller-revision-hash=" + old,
        "back",
        l -> Workload.alive(l).size() == 1 && Space.isReady(Workload.alive(l).get(0)));
    space.merge(RESOURCE, "can", "{spec: {updateStrategy: {rollingUpdate: {partition: 0}}}}");
    awaitUpdated(space, "can", 2);
    assertThat(space.list("pods", "app=can")).allMatch(p -> Workload.version(p).equals("2"));
  }

  @Test
  @DisplayName(
      "[sig-apps] StatefulSet Basic StatefulSet functionality [StatefulSetBasic] should validate"
          + " Statefulset Status endpoints [Conformance]")
  void status(Space space) {
    space.create(Workload.statefulSet("st", 1));
    Workload.awaitReady(space, "st", 1);
    space.await(RESOURCE, "st", "ready", s -> s.at("/status/availableReplicas").asInt() == 1);
    StatusCheck.run(space, RESOURCE, "st");
  }
}
