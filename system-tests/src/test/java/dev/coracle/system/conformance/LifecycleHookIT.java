package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What runs after the start and before the end of a container. */
@Conformance
class LifecycleHookIT {

  /** A pod that records the requests it gets in its log. */
  private static String recorder(Space space) {
    JsonNode pod =
        space.start(
            new TestPod("recorder")
                .spec("{restartPolicy: Always}")
                .script("exec httpd -f -vv -p 8080 -h /www"));
    return text(pod, "/status/podIP");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " poststart exec hook properly [Conformance] [NodeConformance]")
  void postStartExec(Space space) {
    String recorder = recorder(space);
    space.start(
        TestPod.sleeping("main")
            .container(
                "{lifecycle: {postStart: {exec: {command: [wget, -qO, /tmp/x, 'http://%s:8080/cgi-bin/echo?poststart']}}}}"
                    .formatted(recorder)));
    assertThat(Exec.shell(space, "main", "cat /tmp/x")).contains("poststart");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " prestop exec hook properly [Conformance] [NodeConformance]")
  void preStopExec(Space space) {
    String recorder = recorder(space);
    space.start(
        TestPod.sleeping("main")
            .spec("{terminationGracePeriodSeconds: 20}")
            .script("trap 'exit 0' TERM; while true; do sleep 1; done")
            .container(
                "{lifecycle: {preStop: {exec: {command: [wget, -qO, /tmp/x, 'http://%s:8080/prestop-exec']}}}}"
                    .formatted(recorder)));
    space.delete("pods", "main");
    space.awaitLog("recorder", "main", "prestop-exec");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " poststart http hook properly [Conformance] [NodeConformance]")
  void postStartHttp(Space space) {
    String recorder = recorder(space);
    space.create(
        TestPod.sleeping("main")
            .container(
                "{lifecycle: {postStart: {httpGet: {host: %s, port: 8080, path: /healthz}}}}"
                    .formatted(recorder))
            .json());
    space.awaitLog("recorder", "main", "url:/healthz");
    space.awaitReady("main");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " prestop http hook properly [Conformance] [NodeConformance]")
  void preStopHttp(Space space) {
    String recorder = recorder(space);
    space.start(
        TestPod.sleeping("main")
            .spec("{terminationGracePeriodSeconds: 20}")
            .script("trap 'exit 0' TERM; while true; do sleep 1; done")
            .container(
                "{lifecycle: {preStop: {httpGet: {host: %s, port: 8080, path: /prestop-http}}}}"
                    .formatted(recorder)));
    space.delete("pods", "main");
    space.awaitLog("recorder", "main", "prestop-http");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName("[sig-node] PreStop should call prestop when killing a pod [Conformance]")
  void preStop(Space space) {
    String recorder = recorder(space);
    space.start(
        TestPod.sleeping("tester")
            .spec("{terminationGracePeriodSeconds: 20}")
            .script("trap 'exit 0' TERM; while true; do sleep 1; done")
            .container(
                "{lifecycle: {preStop: {exec: {command: [sh, -c, 'wget -qO- http://%s:8080/prestop']}}}}"
                    .formatted(recorder)));
    space.delete("pods", "tester");
    space.awaitLog("recorder", "main", "url:/prestop");
    space.awaitGone("pods", "tester");
    assertThat(space.logs("recorder").split("url:/prestop", -1)).as("called once").hasSize(2);
  }
}
