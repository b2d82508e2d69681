package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
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
      assertThat(space.list("pods", "time=x")).hasSize(1);
      space.awaitReady("main");
      JsonNode deleted = space.delete("pods", "main", "{gracePeriodSeconds: 30}");
      assertThat(deleted.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(30);
      assertThat(text(deleted, "/metadata/deletionTimestamp")).isNotEmpty();
      JsonNode last = watcher.next("DELETED");
      assertThat(last.at("/object/spec/terminationGracePeriodSeconds").asInt()).isEqualTo(30);
      assertThat(text(last, "/object/metadata/deletionTimestamp")).isNotEmpty();
      assertThat(space.list("pods", "time=x")).isEmpty();
    }
  }

  @Test
  @DisplayName("[sig-node] Pods should be updated [Conformance] [NodeConformance]")
  void updated(Space space) {
    space.start(TestPod.sleeping("main").meta("{labels: {time: x}}"));
    assertThat(space.list("pods", "time=x")).hasSize(1);
    space.edit("pods", "main", p -> ((ObjectNode) p.at("/metadata/labels")).put("time", "y"));
    assertThat(space.list("pods", "time=y")).hasSize(1);
    assertThat(text(space.get("pods", "main"), "/status/phase")).isEqualTo("Running");
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
    Exec.Result oldest =
        Exec.run("channel.k8s.io", space, "main", "main", "echo", "remote execution test");
    assertThat(oldest.out()).isEqualTo("remote execution test\n");
    // Upstream's test takes nothing on any other channel.
    assertThat(oldest.err()).isEmpty();
    assertThat(oldest.status()).isEmpty();
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
    space.run(new TestPod("ended").script("echo container is alive"));
    space.start(new TestPod("running").script("echo container is alive; exec sleep 3600"));
    space.awaitLog("running", "main", "alive");
    for (String pod : List.of("ended", "running")) {
      assertThat(Exec.text(space, space.path("pods", pod) + "/log?container=main", "binary.k8s.io"))
          .isEqualTo("container is alive\n");
    }
  }

  @Test
  @DisplayName("[sig-node] Pods should delete a collection of pods [Conformance]")
  void collection(Space space) {
    for (int i = 1; i <= 3; i++) {
      space.create(TestPod.sleeping("test-pod-" + i).meta("{labels: {type: Testing}}").json());
    }
    space.awaitList(
        "pods",
        "type=Testing",
        "ready",
        all -> all.size() == 3 && all.stream().allMatch(Space::isReady));
    space
        .send(
            "DELETE",
            space.path("pods") + "?labelSelector=type%3DTesting",
            Manifest.parse("{gracePeriodSeconds: 1}"))
        .ok();
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
    String other = TestRegistry.of(space).image("lifecycle");
    try (Watcher watcher = space.watch("pods", "&labelSelector=test-pod-static%3Dtrue")) {
      space.create(TestPod.sleeping("main").meta("{labels: {test-pod-static: 'true'}}").json());
      watcher.expect("ADDED", "main");
      watcher.next(e -> Space.isReady(e.path("object")));
      space.strategic(
          "pods",
          "main",
          "{metadata: {labels: {test-pod: patched}}, spec: {containers: [{name: main, image: '%s'}]}}"
              .formatted(other));
      JsonNode patched =
          watcher
              .next(e -> text(e, "/object/metadata/labels/test-pod").equals("patched"))
              .path("object");
      assertThat(text(patched, "/spec/containers/0/image")).isEqualTo(other);
      assertThat(
              text(space.api().get(space.path("pods", "main") + "/status").ok(), "/metadata/name"))
          .isEqualTo("main");
      JsonNode replaced =
          space.edit(
              "pods",
              "main",
              "status",
              p -> {
                for (JsonNode condition : p.at("/status/conditions")) {
                  if (List.of("Ready", "ContainersReady")
                      .contains(condition.path("type").asText())) {
                    ((ObjectNode) condition).put("status", "False");
                  }
                }
              });
      assertThat(hasCondition(replaced, "Ready", "False")).isTrue();
      assertThat(hasCondition(replaced, "ContainersReady", "False")).isTrue();
      watcher.next(e ->
          hasCondition(e.path("object"), "Ready", "False")
              && hasCondition(e.path("object"), "ContainersReady", "False"));
      // The kubelet says again what is so, and what runs now is the other image.
      space.await(
          "pods",
          "main",
          "running the other image",
          p -> Space.isReady(p) && text(p, "/status/containerStatuses/0/image").equals(other));
      JsonNode everywhere = space.api().get("/api/v1/pods?labelSelector=test-pod%3Dpatched").ok();
      assertThat(Space.items(everywhere)).isNotEmpty();
      space
          .send(
              "DELETE",
              space.path("pods") + "?labelSelector=test-pod-static%3Dtrue",
              Manifest.parse("{gracePeriodSeconds: 1}"))
          .ok();
      watcher.next("DELETED");
      assertThat(space.api().get(space.path("pods", "main")).code()).isEqualTo(404);
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
    String other = TestRegistry.of(space).image("generation");
    JsonNode pod =
        space.create(
            TestPod.sleeping("main")
                .spec(
                    "{restartPolicy: Always, initContainers: [{name: init, image: $IMAGE, command:"
                        + " ['true']}]}")
                .json());
    assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    space.awaitReady("main");
    int expected = 1;
    expected = edited(space, expected, false, p -> {});
    expected =
        edited(
            space,
            expected,
            true,
            p ->
                p.withArray("/spec/tolerations")
                    .removeAll()
                    .add(
                        Manifest.parse(
                            "{key: foo, operator: Equal, value: bar, effect: NoSchedule}")));
    expected =
        edited(
            space,
            expected,
            true,
            p -> ((ObjectNode) p.get("spec")).put("activeDeadlineSeconds", 5000));
    for (String list : List.of("containers", "initContainers")) {
      expected =
          edited(
              space,
              expected,
              true,
              p -> ((ObjectNode) p.at("/spec/" + list + "/0")).put("image", other));
    }
    expected =
        edited(space, expected, false, p -> p.withObject("/metadata/annotations").put("k", "v"));
    edited(space, expected, false, p -> ((ObjectNode) p.get("metadata")).put("generation", 1));
  }

  /** What the generation is after this change; the kubelet has seen it. */
  private static int edited(Space space, int before, boolean counts, Consumer<ObjectNode> change) {
    int expected = counts ? before + 1 : before;
    assertThat(space.edit("pods", "main", change).at("/metadata/generation").asInt())
        .isEqualTo(expected);
    space.await(
        "pods",
        "main",
        "observed at " + expected,
        p -> p.at("/status/observedGeneration").asInt() == expected);
    return expected;
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended (pod generation) Pod Generation custom-set generation on new pods"
          + " and graceful delete [Conformance]")
  void customGeneration(Space space) {
    JsonNode pod = space.create(TestPod.sleeping("main").meta("{generation: 100}").json());
    assertThat(pod.at("/metadata/generation").asInt()).isEqualTo(1);
    space.awaitReady("main");
    // Its first process knows no SIGTERM, so that it is still there.
    JsonNode deleted =
        space
            .api()
            .send("DELETE", space.path("pods", "main") + "?gracePeriodSeconds=60", "", "", Map.of())
            .ok();
    assertThat(deleted.at("/metadata/generation").asInt()).isEqualTo(2);
    assertThat(space.get("pods", "main").at("/metadata/generation").asInt()).isEqualTo(2);
    space.delete("pods", "main", "{gracePeriodSeconds: 0}");
  }

  @Test
  @DisplayName(
      "[sig-node] Pods Extended (pod generation) Pod Generation issue 500 podspec updates and"
          + " verify generation and observedGeneration eventually converge"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void fiveHundred(Space space) {
    space.start(TestPod.sleeping("main").spec("{activeDeadlineSeconds: 5000}"));
    for (int i = 1; i < 500; i++) {
      space.merge("pods", "main", "{spec: {activeDeadlineSeconds: %d}}".formatted(5000 - i));
    }
    space.await("pods", "main", "observed", p -> p.at("/status/observedGeneration").asInt() == 500);
    assertThat(space.get("pods", "main").at("/metadata/generation").asInt()).isEqualTo(500);
  }

  @Test
  @DisplayName(
      "[sig-node] Ephemeral Containers will start an ephemeral container in an existing pod"
          + " [Conformance] [NodeConformance]")
  void ephemeral(Space space) {
    debugged(space);
  }

  /** A pod with one ephemeral container, which runs, can be entered and is heard. */
  private static void debugged(Space space) {
    assertThat(space.start(TestPod.sleeping("main")).at("/metadata/generation").asInt())
        .isEqualTo(1);
    space
        .tryPatch(
            space.path("pods", "main") + "/ephemeralcontainers",
            "application/strategic-merge-patch+json",
            "{spec: {ephemeralContainers: [{name: debugger, image: $IMAGE, stdin: true, tty: true,"
                + " command: [sh, -c, 'while true; do echo polo; sleep 2; done']}]}}")
        .ok();
    space.awaitLog("main", "debugger", "polo");
    assertThat(space.get("pods", "main").at("/metadata/generation").asInt()).isEqualTo(2);
    assertThat(Exec.run(space, "main", "debugger", "echo", "marco").out()).isEqualTo("marco\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Ephemeral Containers should update the ephemeral containers in an existing pod"
          + " [Conformance] [NodeConformance]")
  void moreEphemeral(Space space) {
    debugged(space);
    String path = space.path("pods", "main") + "/ephemeralcontainers";
    assertThat(space.api().get(path).ok().at("/spec/ephemeralContainers")).hasSize(1);
    space.edit(
        "pods",
        "main",
        "ephemeralcontainers",
        p ->
            ((ObjectNode) p.get("spec"))
                .withArray("ephemeralContainers")
                .add(
                    Manifest.parse(
                        "{name: debugger2, image: $IMAGE, imagePullPolicy: IfNotPresent,"
                            + " terminationMessagePolicy: File, command: [sh, -c, 'echo marco;"
                            + " sleep 600']}")));
    assertThat(space.api().get(path).ok().at("/spec/ephemeralContainers")).hasSize(2);
    space.awaitLog("main", "debugger2", "marco");
  }

  @Test
  @DisplayName(
      "[sig-node] ImageVolume should succeed with pod and pull policy of Always [LinuxOnly]"
          + " [MinimumKubeletVersion:1.35] [Conformance]")
  void imageVolume(Space space) {
    TestRegistry registry = TestRegistry.of(space);
    String volume = "{image: {reference: '%s', pullPolicy: Always}}".formatted(registry.image("v"));
    for (String name : List.of("first", "second")) {
      int before = registry.pulls();
      TestPod pod =
          new TestPod(name)
              .volume("v", volume, "/v")
              .script("cat /v/www/healthz; touch /v/x 2>/dev/null || echo read-only");
      assertThat(space.run(pod)).isEqualTo("ok\nread-only\n");
      assertThat(registry.pulls()).as("asked for by " + name).isGreaterThan(before);
    }
  }
}
