package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Pods as objects and as processes. */
@Conformance
class PodsIT {

  @Test
  @DisplayName("[sig-node] Pods should get a host IP [Conformance] [NodeConformance]")
  void hostIp(Space space) {
    JsonNode pod = space.start(TestPod.sleeping("main"));
    assertThat(text(pod, "/status/hostIP")).matches("\\d+\\.\\d+\\.\\d+\\.\\d+");
    assertThat(text(pod, "/status/hostIPs/0/ip")).isEqualTo(text(pod, "/status/hostIP"));
  }

  @Test
  @DisplayName("[sig-node] Pods should be submitted and removed [Conformance] [NodeConformance]")
  void submitted(Space space) {
    try (Watcher watcher = space.watch("pods", "&labelSelector=time%3Dx")) {
      space.create(
          TestPod.sleeping("main")
              .meta("{labels: {time: x}}")
              .spec("{terminationGracePeriodSeconds: 30}")
              .script("trap 'exit 0' TERM; while true; do sleep 1; done")
              .json());
      watcher.expect("ADDED", "main");
      space.awaitReady("main");
      JsonNode deleted = space.delete("pods", "main", "{gracePeriodSeconds: 30}");
      assertThat(deleted.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(30);
      assertThat(text(deleted, "/metadata/deletionTimestamp")).isNotEmpty();
      JsonNode last = watcher.next("DELETED");
      assertThat(last.at("/object/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(30);
      assertThat(space.list("pods", "time=x")).isEmpty();
    }
  }

  @Test
  @DisplayName("[sig-node] Pods should be updated [Conformance] [NodeConformance]")
  void updated(Space space) {
    space.start(TestPod.sleeping("main").meta("{labels: {time: x}}"));
    space.edit("pods", "main", p -> ((ObjectNode) p.at("/metadata/labels")).put("time", "y"));
    assertThat(space.list("pods", "time=y")).hasSize(1);
  }

  @Test
  @DisplayName(
      "[sig-node] Pods should allow activeDeadlineSeconds to be updated [Conformance]"
          + " [NodeConformance]")
  void deadline(Space space) {
    space.start(TestPod.sleeping("main"));
    space.edit("pods", "main", p -> ((ObjectNode) p.get("spec")).put("activeDeadlineSeconds", 5));
    JsonNode failed =
        space.await("pods", "main", "failed", p -> text(p, "/status/phase").equals("Failed"));
    assertThat(text(failed, "/status/reason")).isEqualTo("DeadlineExceeded");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods should contain environment variables for services [Conformance]"
          + " [NodeConformance]")
  void serviceVariables(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: fooservice}, spec: {selector: {a: b},"
            + " ports: [{port: 8765, targetPort: 8080}]}}");
    String ip = text(space.get("services", "fooservice"), "/spec/clusterIP");
    String log = space.run(new TestPod("client").container("{command: [env]}"));
    assertThat(log)
        .contains("FOOSERVICE_SERVICE_HOST=" + ip + "\n", "FOOSERVICE_SERVICE_PORT=8765\n")
        .contains("FOOSERVICE_PORT=tcp://" + ip + ":8765\n")
        .contains("FOOSERVICE_PORT_8765_TCP=tcp://" + ip + ":8765\n")
        .contains("FOOSERVICE_PORT_8765_TCP_PROTO=tcp\n", "FOOSERVICE_PORT_8765_TCP_PORT=8765\n")
        .contains("FOOSERVICE_PORT_8765_TCP_ADDR=" + ip + "\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods should support remote command execution over websockets [Conformance]"
          + " [NodeConformance]")
  void execution(Space space) {
    space.start(TestPod.sleeping("main"));
    Exec.Result result = Exec.run(space, "main", "main", "echo", "remote execution test");
    assertThat(result.out()).isEqualTo("remote execution test\n");
    assertThat(result.succeeded()).isTrue();
    Exec.Result failed = Exec.run(space, "main", "main", "sh", "-c", "echo bad >&2; exit 7");
    assertThat(failed.err()).isEqualTo("bad\n");
    assertThat(text(failed.status(), "/reason")).isEqualTo("NonZeroExitCode");
    assertThat(text(failed.status(), "/details/causes/0/message")).isEqualTo("7");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods should support retrieving logs from the container over websockets"
          + " [Conformance] [NodeConformance]")
  void logsOverWebSocket(Space space) {
    space.run(new TestPod("main").script("echo container is alive"));
    assertThat(
            Exec.text(space, space.path("pods", "main") + "/log?container=main", "binary.k8s.io"))
        .isEqualTo("container is alive\n");
  }

  @Test
  @DisplayName("[sig-node] Pods should delete a collection of pods [Conformance]")
  void collection(Space space) {
    for (int i = 1; i <= 3; i++) {
      space.create(TestPod.sleeping("test-pod-" + i).meta("{labels: {type: Testing}}").json());
    }
    assertThat(space.list("pods", "type=Testing")).hasSize(3);
    space.deleteAll("pods", "type=Testing");
    space.awaitList("pods", "type=Testing", "gone", List::isEmpty);
  }

  @Test
  @DisplayName("[sig-node] Pods should patch a pod status [Conformance]")
  void patchStatus(Space space) {
    space.start(TestPod.sleeping("main"));
    JsonNode patched =
        space
            .tryPatch(
                space.path("pods", "main") + "/status",
                "application/strategic-merge-patch+json",
                "{metadata: {annotations: {patchedstatus: 'true'}}, status: {message: Patched by"
                    + " e2e test, reason: E2E}}")
            .ok();
    assertThat(text(patched, "/status/reason")).isEqualTo("E2E");
    assertThat(text(patched, "/status/message")).isEqualTo("Patched by e2e test");
    assertThat(text(patched, "/metadata/annotations/patchedstatus")).isEqualTo("true");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods should run through the lifecycle of Pods and PodStatus [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch("pods", "&labelSelector=test-pod-static%3Dtrue")) {
      space.create(TestPod.sleeping("main").meta("{labels: {test-pod-static: 'true'}}").json());
      watcher.expect("ADDED", "main");
      watcher.next(e -> Space.isReady(e.path("object")));
      space.strategic("pods", "main", "{metadata: {labels: {test-pod: patched}}}");
      watcher.next(e -> text(e, "/object/metadata/labels/test-pod").equals("patched"));
      space.edit(
          "pods",
          "main",
          "status",
          p -> {
            for (JsonNode condition : p.at("/status/conditions")) {
              if (condition.path("type").asText().equals("Ready")) {
                ((ObjectNode) condition).put("status", "False");
              }
            }
          });
      watcher.next(e -> hasCondition(e.path("object"), "Ready", "False"));
      JsonNode everywhere = space.api().get("/api/v1/pods?labelSelector=test-pod%3Dpatched").ok();
      assertThat(Space.items(everywhere)).isNotEmpty();
      space.deleteAll("pods", "test-pod-static=true");
      watcher.next("DELETED");
    }
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended Pods Set QOS Class should be set on Pods with matching resource"
          + " requests and limits for memory and cpu [Conformance]")
  void qos(Space space) {
    space.create(
        TestPod.sleeping("main")
            .container(
                "{resources: {requests: {cpu: 10m, memory: 20Mi}, limits: {cpu: 10m, memory:"
                    + " 20Mi}}}")
            .json());
    assertThat(text(space.get("pods", "main"), "/status/qosClass")).isEqualTo("Guaranteed");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended (pod generation) Pod Generation pod generation should start at 1"
          + " and increment per update [MinimumKubeletVersion:1.34] [Conformance]")
  void generation(Space space) {
    JsonNode pod = space.create(TestPod.sleeping("main").json());
    assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    space.awaitReady("main");
    assertThat(
            space
                .merge("pods", "main", "{metadata: {labels: {a: b}}}")
                .at("/metadata/generation")
                .asInt())
        .isEqualTo(1);
    assertThat(
            space
                .edit(
                    "pods",
                    "main",
                    p -> ((ObjectNode) p.get("spec")).put("activeDeadlineSeconds", 5000))
                .at("/metadata/generation")
                .asInt())
        .isEqualTo(2);
    assertThat(
            space
                .edit(
                    "pods",
                    "main",
                    p ->
                        ((ObjectNode) p.get("spec"))
                            .withArray("tolerations")
                            .add(
                                Manifest.parse(
                                    "{key: foo-%s, operator: Exists, effect: NoExecute, tolerationSeconds: 10}"
                                        .formatted("x"))))
                .at("/metadata/generation")
                .asInt())
        .isEqualTo(3);
    space.await("pods", "main", "observed", p -> p.at("/status/observedGeneration").asInt() == 3);
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods"
          + " and graceful delete [Conformance]")
  void customGeneration(Space space) {
    JsonNode pod =
        space.create(
            TestPod.sleeping("main")
                .meta("{generation: 100}")
                .spec("{terminationGracePeriodSeconds: 10}")
                .json());
    assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    space.awaitReady("main");
    JsonNode deleted = space.delete("pods", "main", "{}");
    assertThat(deleted.at("/metadata/generation").asInt()).isEqualTo(2);
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and"
          + " verify generation and observedGeneration eventually converge"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void fiveHundred(Space space) {
    space.start(TestPod.sleeping("main"));
    for (int i = 0; i < 500; i++) {
      int seconds = 20_000 - i;
      space.merge("pods", "main", "{spec: {activeDeadlineSeconds: %d}}".formatted(seconds));
    }
    assertThat(space.get("pods", "main").at("/metadata/generation").asInt()).isEqualTo(501);
    space.await("pods", "main", "observed", p -> p.at("/status/observedGeneration").asInt() == 501);
  }

  @Test
  @DisplayName(
      "[sig-node] Ephemeral Containers will start an ephemeral container in an existing pod"
          + " [Conformance] [NodeConformance]")
  void ephemeral(Space space) {
    space.start(TestPod.sleeping("main"));
    space.edit(
        "pods",
        "main",
        "ephemeralcontainers",
        p ->
            ((ObjectNode) p.get("spec"))
                .withArray("ephemeralContainers")
                .add(
                    Manifest.parse(
                        "{name: debugger, image: $IMAGE, command: [sh, -c, 'while true; do echo"
                            + " polo; sleep 1; done']}")));
    space.awaitLog("main", "debugger", "polo");
  }

  @Test
  @DisplayName(
      "[sig-node] Ephemeral Containers should update the ephemeral containers in an existing pod"
          + " [Conformance] [NodeConformance]")
  void moreEphemeral(Space space) {
    space.start(TestPod.sleeping("main"));
    for (String name : List.of("debugger1", "debugger2")) {
      space
          .tryPatch(
              space.path("pods", "main") + "/ephemeralcontainers",
              "application/strategic-merge-patch+json",
              "{spec: {ephemeralContainers: [{name: %s, image: $IMAGE, command: [sh, -c, 'echo marco; sleep 600']}]}}"
                  .formatted(name))
          .ok();
      space.awaitLog("main", name, "marco");
    }
    assertThat(space.get("pods", "main").at("/spec/ephemeralContainers")).hasSize(2);
  }

  @Test
  @DisplayName(
      "[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly]"
          + " [MinimumKubeletVersion:1.35] [Conformance]")
  void imageVolume(Space space) {
    TestPod pod =
        new TestPod("main")
            .volume("v", "{image: {reference: $IMAGE, pullPolicy: IfNotPresent}}", "/v")
            .script("cat /v/www/healthz; touch /v/x 2>/dev/null || echo read-only");
    assertThat(space.run(pod)).isEqualTo("ok\nread-only\n");
  }
}
