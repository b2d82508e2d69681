package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The more important pod takes the place. */
@Conformance
class PreemptionIT {

  /** A resource that only this test knows, so that nobody else is moved. */
  private static String scarce(Space space, int amount) {
    String node = space.node();
    String resource = "conformance.example.com/r" + Space.unique();
    space
        .tryPatch(
            "/api/v1/nodes/" + node + "/status",
            "application/merge-patch+json",
            "{status: {capacity: {%s: '%d'}, allocatable: {%1$s: '%2$d'}}}"
                .formatted(resource, amount))
        .ok();
    return resource;
  }

  private static String priority(Space space, int value) {
    String name = "conformance-" + Space.unique();
    space.create(
        "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: %s}, value: %d}"
            .formatted(name, value));
    space.atEnd(() ->
        space
            .api()
            .send(
                "DELETE", "/apis/scheduling.k8s.io/v1/priorityclasses/" + name, "", "", Map.of()));
    return name;
  }

  private static TestPod taking(String name, String resource, int amount, String priority) {
    return TestPod.sleeping(name)
        .spec("{priorityClassName: %s}".formatted(priority))
        .container(
            "{resources: {requests: {%s: '%d'}, limits: {%1$s: '%2$d'}}}"
                .formatted(resource, amount));
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPreemption validates basic preemption works [Conformance]"
          + " [Serial]")
  void basic(Space space) {
    String resource = scarce(space, 5);
    String low = priority(space, 1);
    String high = priority(space, 1000);
    space.start(taking("low", resource, 3, low));
    space.start(taking("middle", resource, 2, high));
    space.create(taking("preemptor", resource, 3, high).json());
    space.awaitGone("pods", "low");
    space.awaitReady("preemptor");
    assertThat(text(space.get("pods", "middle"), "/metadata/deletionTimestamp")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPreemption validates lower priority pod preemption by critical pod"
          + " [Conformance] [Serial]")
  void critical(Space space) {
    String resource = scarce(space, 5);
    space.start(taking("low", resource, 5, priority(space, 1)));
    TestPod critical =
        taking("critical-" + Space.unique(), resource, 5, "system-cluster-critical")
            .meta("{namespace: kube-system, name: critical-%s}".formatted(Space.unique()));
    JsonNode made = space.create(critical.json());
    String path = "/api/v1/namespaces/kube-system/pods/" + text(made, "/metadata/name");
    space.atEnd(() -> space.api().send("DELETE", path, "", "", Map.of()));
    space.awaitGone("pods", "low");
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> Space.isReady(space.api().get(path).ok()));
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPreemption validates pod disruption condition is added to the"
          + " preempted pod [Conformance] [Serial]")
  void condition(Space space) {
    String resource = scarce(space, 1);
    String finalizer = "example.com/test-finalizer";
    space.start(
        taking("victim", resource, 1, priority(space, 1))
            .meta("{finalizers: [%s]}".formatted(finalizer)));
    space.create(taking("preemptor", resource, 1, priority(space, 1000)).json());
    JsonNode victim =
        space.await(
            "pods", "victim", "preempted", p -> hasCondition(p, "DisruptionTarget", "True"));
    assertThat(Space.condition(victim, "DisruptionTarget").path("reason").asText())
        .isEqualTo("PreemptionByScheduler");
    assertThat(Space.condition(victim, "DisruptionTarget").path("message").asText())
        .isEqualTo("default-scheduler: preempting to accommodate a higher priority pod");
    space.merge("pods", "victim", "{metadata: {finalizers: null}}");
    space.awaitGone("pods", "victim");
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPreemption PreemptionExecutionPath runs ReplicaSets to verify"
          + " preemption running path [Conformance] [Serial]")
  void replicaSets(Space space) {
    String resource = scarce(space, 4);
    for (int i = 1; i <= 3; i++) {
      ObjectNode set = Workload.replicaSet("rs" + i, i == 3 ? 1 : 2);
      ((ObjectNode) set.at("/spec/template/spec"))
          .put("priorityClassName", priority(space, i * 10));
      Workload.container(set)
          .set(
              "resources",
              Manifest.parse(
                  "{requests: {%s: '%d'}, limits: {%1$s: '%2$d'}}"
                      .formatted(resource, i == 3 ? 3 : 1)));
      space.create(set);
      Workload.awaitReady(space, "rs" + i, i == 3 ? 1 : 2);
    }
    // Three of four are taken by the highest; of the others one place is left, for the better of
    // them.
    space.await(
        "replicasets.apps", "rs2", "one ready", s -> s.at("/status/readyReplicas").asInt() == 1);
    space.await(
        "replicasets.apps", "rs1", "none ready", s -> s.at("/status/readyReplicas").asInt() == 0);
  }
}
