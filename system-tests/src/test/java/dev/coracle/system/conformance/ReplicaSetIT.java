package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** As many pods as asked for. */
@Conformance
class ReplicaSetIT {

  private static final String RESOURCE = "replicasets.apps";

  @Test
  @DisplayName(
      "[sig-apps] ReplicaSet should serve a basic image on each replica with a public image"
          + " [Conformance]")
  void serve(Space space) {
    ObjectNode set = Workload.replicaSet("serve", 2);
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
      "[sig-apps] ReplicaSet should adopt matching pods on creation and release no longer matching"
          + " pods [Conformance]")
  void adopt(Space space) {
    space.create(TestPod.sleeping("orphan").meta("{labels: {app: ad}}").json());
    JsonNode set = space.create(Workload.replicaSet("ad", 1));
    space.await("pods", "orphan", "adopted", p -> Workload.isOwnedBy(p, set));

    space.merge("pods", "orphan", "{metadata: {labels: {app: released}}}");
    space.await("pods", "orphan", "released", p -> !Workload.isOwnedBy(p, set));
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicaSet Replicaset should have a working scale subresource [Conformance]")
  void scale(Space space) {
    space.create(Workload.replicaSet("sc", 1));
    Workload.awaitReady(space, "sc", 1);
    space.await(RESOURCE, "sc", "one", s -> s.at("/status/replicas").asInt() == 1);
    ScaleCheck.run(space, RESOURCE, "sc", 1);
  }

  @Test
  @DisplayName("[sig-apps] ReplicaSet Replace and Patch tests [Conformance]")
  void replaceAndPatch(Space space) {
    space.create(Workload.replicaSet("rp", 1));
    Workload.awaitReady(space, "rp", 1);
    space.edit(RESOURCE, "rp", s -> ((ObjectNode) s.get("spec")).put("replicas", 2));
    Workload.awaitReady(space, "rp", 2);
    JsonNode patched =
        space.strategic(
            RESOURCE,
            "rp",
            "{metadata: {labels: {test-rs: patched}}, spec: {replicas: 3, template: {spec:"
                + " {terminationGracePeriodSeconds: 0}}}}");
    assertThat(text(patched, "/metadata/labels/test-rs")).isEqualTo("patched");
    Workload.awaitReady(space, "rp", 3);
  }

  @Test
  @DisplayName(
      "[sig-apps] ReplicaSet should list and delete a collection of ReplicaSets [Conformance]")
  void collection(Space space) {
    for (int i = 0; i < 2; i++) {
      ObjectNode set = Workload.replicaSet("rs" + i, 1);
      ((ObjectNode) set.at("/metadata/labels")).put("e2e", "testing");
      space.create(set);
    }
    JsonNode everywhere =
        space.api().get(space.everywhere(RESOURCE) + "?labelSelector=e2e%3Dtesting").ok();
    assertThat(Space.items(everywhere)).hasSizeGreaterThanOrEqualTo(2);
    space.deleteAll(RESOURCE, "e2e=testing");
    space.awaitList(RESOURCE, "e2e=testing", "gone", List::isEmpty);
  }

  @Test
  @DisplayName("[sig-apps] ReplicaSet should validate Replicaset Status endpoints [Conformance]")
  void status(Space space) {
    space.create(Workload.replicaSet("st", 1));
    Workload.awaitReady(space, "st", 1);
    space.await(RESOURCE, "st", "ready", s -> s.at("/status/availableReplicas").asInt() == 1);
    StatusCheck.run(space, RESOURCE, "st");
  }
}
