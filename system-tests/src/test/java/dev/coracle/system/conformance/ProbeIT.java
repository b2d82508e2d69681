package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Liveness and readiness. */
@Conformance
class ProbeIT {

  static TestPod probed(String script, String probe) {
    return new TestPod("main")
        .spec("{restartPolicy: Always}")
        .script(script)
        .container(
            "{livenessProbe: {"
                + probe
                + ", periodSeconds: 1, failureThreshold: 1, timeoutSeconds: 5}}");
  }

  static int restarts(JsonNode pod) {
    return pod.at("/status/containerStatuses/0/restartCount").asInt();
  }

  private static void restarted(Space space, TestPod pod) {
    space.create(pod.json());
    space.await("pods", "main", "restarted", p -> restarts(p) > 0);
  }

  /**
   * As many probes as upstream's four minutes have with a period of ten seconds, and none of them
   * does harm.
   */
  private static void stays(Space space, TestPod pod) {
    JsonNode before = space.start(pod);
    Awaitility.await()
        .pollInterval(Duration.ofSeconds(1))
        .during(Duration.ofSeconds(25))
        .atMost(Duration.ofSeconds(60))
        .until(() -> restarts(space.get("pods", "main")) == restarts(before));
    assertThat(restarts(before)).isZero();
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should be restarted with a exec \"cat /tmp/health\" liveness"
          + " probe [Conformance] [NodeConformance]")
  void exec(Space space) {
    restarted(
        space,
        probed(
            "echo ok >/tmp/health; sleep 3; rm /tmp/health; exec sleep 600",
            "exec: {command: [cat, /tmp/health]}"));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should *not* be restarted with a exec \"cat /tmp/health\""
          + " liveness probe [Conformance] [NodeConformance]")
  void execStays(Space space) {
    stays(
        space,
        probed("echo ok >/tmp/health; exec sleep 600", "exec: {command: [cat, /tmp/health]}"));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should be restarted with a /healthz http liveness probe"
          + " [Conformance] [NodeConformance]")
  void http(Space space) {
    restarted(
        space,
        probed(
            "cp -r /www /w; httpd -p 8080 -h /w; sleep 3; rm /w/healthz; exec sleep 600",
            "httpGet: {path: /healthz, port: 8080}, initialDelaySeconds: 1"));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should *not* be restarted with a /healthz http liveness probe"
          + " [Conformance] [NodeConformance]")
  void httpStays(Space space) {
    stays(
        space,
        probed(
            "exec httpd -f -p 8080 -h /www",
            "httpGet: {path: /healthz, port: 8080}, initialDelaySeconds: 1"));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should *not* be restarted with a tcp:8080 liveness probe"
          + " [Conformance] [NodeConformance]")
  void tcpStays(Space space) {
    stays(
        space,
        // Whatever is asked for there is not found.
        probed("exec httpd -f -p 8080 -h /tmp", "tcpSocket: {port: 8080}, initialDelaySeconds: 1"));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container with readiness probe that fails should never be ready and never"
          + " restart [Conformance] [NodeConformance]")
  void neverReady(Space space) {
    space.create(
        TestPod.sleeping("main")
            .container("{readinessProbe: {exec: {command: ['false']}, periodSeconds: 1}}")
            .json());
    space.await("pods", "main", "running", p -> text(p, "/status/phase").equals("Running"));
    try (Watcher watcher =
        space.watch("pods", "&timeoutSeconds=8&fieldSelector=metadata.name%3Dmain")) {
      assertThat(watcher.rest())
          .noneMatch(e -> Space.isReady(e.path("object")))
          .allMatch(e -> restarts(e.path("object")) == 0);
    }
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container with readiness probe should not be ready before initial delay"
          + " and never restart [Conformance] [NodeConformance]")
  void initialDelay(Space space) {
    JsonNode pod =
        space.start(
            TestPod.sleeping("main")
                .container(
                    "{readinessProbe: {exec: {command: ['true']}, periodSeconds: 1,"
                        + " initialDelaySeconds: 4}}"));
    Instant started =
        Instant.parse(text(pod, "/status/containerStatuses/0/state/running/startedAt"));
    Instant ready =
        Instant.parse(Space.condition(pod, "Ready").path("lastTransitionTime").asText());
    assertThat(Duration.between(started, ready)).isGreaterThanOrEqualTo(Duration.ofSeconds(4));
    assertThat(restarts(pod)).isZero();
  }

  /** Served on port 5000; counted from when it first was seen there. */
  private static TestPod health(int port) {
    return NetProbe.pod("main")
        .spec("{restartPolicy: Always}")
        .script("exec " + NetProbe.command("grpc-health", "5000"))
        .container(
            """
            startupProbe: {grpc: {port: 5000}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 90}
            livenessProbe: {grpc: {port: %d}, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 1}
            """
                .formatted(port));
  }

  @Test
  @DisplayName(
      "[sig-node] Probing container should *not* be restarted with a GRPC liveness probe"
          + " [Conformance] [NodeConformance]")
  void grpcStays(Space space) {
    stays(space, health(5000));
  }

  /** Nothing listens where it is asked. */
  @Test
  @DisplayName(
      "[sig-node] Probing container should be restarted with a GRPC liveness probe [Conformance]"
          + " [NodeConformance]")
  void grpc(Space space) {
    restarted(space, health(2333));
  }
}
