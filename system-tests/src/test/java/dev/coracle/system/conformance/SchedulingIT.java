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

/** Where pods may go. */
@Conformance
class SchedulingIT {

  @Test
  @DisplayName(
      "[sig-scheduling] LimitRange should create a LimitRange with defaults and ensure pod has"
          + " those defaults applied. [Conformance]")
  void defaults(Space space) {
    space.create(
        """
        apiVersion: v1
        kind: LimitRange
        metadata: {name: limits}
        spec:
          limits:
          - type: Container
            min: {cpu: 50m, memory: 100Mi, ephemeral-storage: 100Gi}
            max: {cpu: 500m, memory: 500Mi, ephemeral-storage: 500Gi}
            default: {cpu: 500m, memory: 500Mi, ephemeral-storage: 500Gi}
            defaultRequest: {cpu: 100m, memory: 200Mi, ephemeral-storage: 200Gi}
        """);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode pod =
              space.create(
                  TestPod.sleeping("p" + Space.unique()).spec("{schedulerName: nobody}").json());
          assertThat(text(pod, "/spec/containers/0/resources/requests/cpu")).isEqualTo("100m");
          assertThat(text(pod, "/spec/containers/0/resources/requests/memory")).isEqualTo("200Mi");
          assertThat(text(pod, "/spec/containers/0/resources/limits/cpu")).isEqualTo("500m");
          assertThat(text(pod, "/spec/containers/0/resources/limits/memory")).isEqualTo("500Mi");
        });
    JsonNode partial =
        space.create(
            TestPod.sleeping("partial")
                .spec("{schedulerName: nobody}")
                .container(
                    "{resources: {requests: {cpu: 150m, memory: 150Mi}, limits: {cpu: 300m}}}")
                .json());
    assertThat(text(partial, "/spec/containers/0/resources/limits/memory")).isEqualTo("500Mi");
    assertThat(text(partial, "/spec/containers/0/resources/requests/ephemeral-storage"))
        .isEqualTo("200Gi");
    space
        .tryCreate(
            TestPod.sleeping("small")
                .container("{resources: {requests: {cpu: 10m, memory: 50Mi}}}")
                .json())
        .refused(403);
    space
        .tryCreate(
            TestPod.sleeping("large")
                .container("{resources: {limits: {cpu: 600m, memory: 600Mi}}}")
                .json())
        .refused(403);
    space.edit(
        "limitranges",
        "limits",
        l -> ((ObjectNode) l.at("/spec/limits/0/min")).put("cpu", "9m").put("memory", "49Mi"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            space
                    .tryCreate(
                        TestPod.sleeping("small")
                            .spec("{schedulerName: nobody}")
                            .container("{resources: {requests: {cpu: 10m, memory: 50Mi}}}")
                            .json())
                    .code()
                == 201);
    space.delete("limitranges", "limits");
    space.awaitGone("limitranges", "limits");
  }

  @Test
  @DisplayName(
      "[sig-scheduling] LimitRange should list, patch and delete a LimitRange by collection"
          + " [Conformance]")
  void collection(Space space) {
    String name = "limits-" + Space.unique();
    space.create(
        "{apiVersion: v1, kind: LimitRange, metadata: {name: %s, labels: {set: %1$s}}, spec: {limits: [{type: Container, max: {cpu: 500m}}]}}"
            .formatted(name));
    assertThat(Space.items(space.api().get("/api/v1/limitranges?labelSelector=set%3D" + name).ok()))
        .hasSize(1);
    JsonNode patched =
        space.strategic("limitranges", name, "{metadata: {labels: {%s: patched}}}".formatted(name));
    assertThat(text(patched, "/metadata/labels/" + name)).isEqualTo("patched");
    space.deleteAll("limitranges", name + "=patched");
    assertThat(space.list("limitranges", "set=" + name)).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPreemption PriorityClass endpoints verify PriorityClass endpoints"
          + " can be operated with different HTTP methods [Conformance] [Serial]")
  void priorityClasses(Space space) {
    String resource = "priorityclasses.scheduling.k8s.io";
    String name = "conformance-" + Space.unique();
    space.create(
        "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: %s, labels: {e2e: %1$s}}, value: 1}"
            .formatted(name));
    space.atEnd(() -> space.api().send("DELETE", space.path(resource, name), "", "", Map.of()));
    JsonNode refused =
        space
            .tryPatch(
                space.path(resource, name),
                "application/json-patch+json".replace("json-patch", "merge-patch"),
                "{value: 2}")
            .refused(422);
    assertThat(text(refused, "/message"))
        .contains("value: Forbidden: may not be changed in an update.");
    space.merge(resource, name, "{description: patched}");
    space.edit(resource, name, p -> p.put("description", "updated"));
    JsonNode all = space.api().get(space.path(resource) + "?labelSelector=e2e%3D" + name).ok();
    assertThat(Space.items(all))
        .extracting(p -> text(p, "/description"))
        .containsExactly("updated");
    space.delete(resource, name);
    assertThat(space.api().get(space.path(resource, name)).code()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if not"
          + " matching [Conformance] [Serial]")
  void noNode(Space space) {
    space.create(TestPod.sleeping("main").spec("{nodeSelector: {label: nonempty}}").json());
    JsonNode pod =
        space.await("pods", "main", "refused", p -> hasCondition(p, "PodScheduled", "False"));
    assertThat(Space.condition(pod, "PodScheduled").path("reason").asText())
        .isEqualTo("Unschedulable");
    assertThat(Space.condition(pod, "PodScheduled").path("message").asText())
        .contains("node(s) didn't match Pod's node affinity/selector");
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPredicates validates that NodeSelector is respected if matching"
          + " [Conformance] [Serial]")
  void matchingNode(Space space) {
    String label = "conformance-" + Space.unique();
    String node = space.node();
    space.merge("nodes", node, "{metadata: {labels: {%s: '42'}}}".formatted(label));
    space.atEnd(
        () -> space.merge("nodes", node, "{metadata: {labels: {%s: null}}}".formatted(label)));
    JsonNode pod =
        space.start(TestPod.sleeping("main").spec("{nodeSelector: {%s: '42'}}".formatted(label)));
    assertThat(text(pod, "/spec/nodeName")).isEqualTo(node);
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPredicates validates that there exists conflict between pods with"
          + " same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance] [Serial]")
  void hostPortConflict(Space space) {
    space.start(
        TestPod.sleeping("first")
            .container("{ports: [{containerPort: 8080, hostPort: 54322, hostIP: ''}]}"));
    space.create(
        TestPod.sleeping("second")
            .container("{ports: [{containerPort: 8080, hostPort: 54322, hostIP: 127.0.0.1}]}")
            .json());
    JsonNode pod =
        space.await("pods", "second", "refused", p -> hasCondition(p, "PodScheduled", "False"));
    assertThat(Space.condition(pod, "PodScheduled").path("message").asText())
        .contains("node(s) didn't have free ports for the requested pod ports");
  }

  @Test
  @DisplayName(
      "[sig-scheduling] SchedulerPredicates validates resource limits of pods that are allowed to"
          + " run [Conformance] [Serial]")
  void limits(Space space) {
    String node = space.node();
    String resource = "conformance.example.com/" + Space.unique();
    space
        .tryPatch(
            "/api/v1/nodes/" + node + "/status",
            "application/merge-patch+json",
            "{status: {capacity: {%s: '1000'}, allocatable: {%1$s: '1000'}}}".formatted(resource))
        .ok();
    TestPod filler =
        TestPod.sleeping("filler")
            .container(
                "{resources: {requests: {%s: '700'}, limits: {%1$s: '700'}}}".formatted(resource));
    space.create(filler.json());
    space.await("pods", "filler", "placed", p -> hasCondition(p, "PodScheduled", "True"));
    space.create(
        TestPod.sleeping("more")
            .container(
                "{resources: {requests: {%s: '600'}, limits: {%1$s: '600'}}}".formatted(resource))
            .json());
    JsonNode pod =
        space.await("pods", "more", "refused", p -> hasCondition(p, "PodScheduled", "False"));
    assertThat(Space.condition(pod, "PodScheduled").path("message").asText())
        .contains("Insufficient " + resource);
  }
}
