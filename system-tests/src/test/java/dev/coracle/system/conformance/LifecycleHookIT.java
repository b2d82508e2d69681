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

  /**
   * A pod with this hook, beside a sidecar that passes on what it is asked on the pod's own port
   * 8080; a hook that names no host asks there, and the sidecar is to be there for the last hook.
   */
  private static void hooked(Space space, String when, String handler) {
    space.start(
        new TestPod("main")
            .spec(
                """
                terminationGracePeriodSeconds: 20
                initContainers:
                - name: sidecar
                  image: $IMAGE
                  restartPolicy: Always
                  command: [sh, -c, "trap 'exit 0' TERM; httpd -p 8080 -h /www; while true; do sleep 1; done"]
                  startupProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
                """)
            .script("trap 'exit 0' TERM; while true; do sleep 1; done")
            .container("{lifecycle: {%s: %s}}".formatted(when, handler)));
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " poststart exec hook properly [Conformance] [NodeConformance]")
  void postStartExec(Space space) {
    String recorder = recorder(space);
    hooked(
        space,
        "postStart",
        "{exec: {command: [sh, -c, 'wget -qO- http://%s:8080/healthz']}}".formatted(recorder));
    space.awaitLog("recorder", "main", "url:/healthz");
    space.delete("pods", "main", "{gracePeriodSeconds: 15}");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " prestop exec hook properly [Conformance] [NodeConformance]")
  void preStopExec(Space space) {
    String recorder = recorder(space);
    hooked(
        space,
        "preStop",
        "{exec: {command: [sh, -c, 'wget -qO- http://%s:8080/prestop-exec']}}".formatted(recorder));
    space.delete("pods", "main", "{gracePeriodSeconds: 15}");
    space.awaitLog("recorder", "main", "prestop-exec");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " poststart http hook properly [Conformance] [NodeConformance]")
  void postStartHttp(Space space) {
    String recorder = recorder(space);
    hooked(
        space,
        "postStart",
        "{httpGet: {path: '/cgi-bin/dial?%s%%3A8080%%2Fhealthz', port: 8080}}".formatted(recorder));
    space.awaitLog("recorder", "main", "url:/healthz");
    space.delete("pods", "main", "{gracePeriodSeconds: 15}");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Lifecycle Hook when create a pod with lifecycle hook should execute"
          + " prestop http hook properly [Conformance] [NodeConformance]")
  void preStopHttp(Space space) {
    String recorder = recorder(space);
    hooked(
        space,
        "preStop",
        "{httpGet: {path: '/cgi-bin/dial?%s%%3A8080%%2Fprestop-http', port: 8080}}"
            .formatted(recorder));
    space.delete("pods", "main", "{gracePeriodSeconds: 15}");
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
