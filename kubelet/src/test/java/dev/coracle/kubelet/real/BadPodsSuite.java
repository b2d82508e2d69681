package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Pods that cannot run, in real containers: reasons, messages and events are upstream's, and the
 * pod beside them never notices.
 */
abstract class BadPodsSuite extends KubeletOnRuntime {
  private String neighbour;

  @BeforeAll
  void startNeighbour() {
    create(
        "neighbour",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
         "command":["/bin/sh","-c","mkdir -p /tmp/w; echo ok > /tmp/w/healthz; exec httpd -f -p 8080 -h /tmp/w"],
         "readinessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1,"timeoutSeconds":10},
         "livenessProbe":{"exec":{"command":["/bin/cat","/tmp/w/healthz"]},"initialDelaySeconds":1,"periodSeconds":1,"timeoutSeconds":10}}]
        """);
    awaitTrue("neighbour", KubeletOnRuntime::ready);
    neighbour = container("neighbour").path("containerID").asText();
  }

  @AfterEach
  void theNeighbourIsUntouched() {
    JsonNode status = container("neighbour");
    assertThat(status.path("containerID").asText()).isEqualTo(neighbour);
    assertThat(status.path("restartCount").asInt()).isZero();
    assertThat(ready(pod("neighbour"))).isTrue();
    assertThat(events("neighbour")).noneMatch(e -> e.startsWith("Killing"));
  }

  JsonNode container(String pod) {
    return pod(pod).at("status", "containerStatuses").path(0);
  }

  private JsonNode waiting(String pod) {
    return container(pod).path("state").path("waiting");
  }

  List<String> events(String pod) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .filter(e -> e.text("involvedObject", "name").equals(pod))
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }

  static void eventually(ThrowingRunnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(check);
  }

  /** One container with this much more in its spec, in a pod with this much more in its. */
  KubeObject one(String name, String container, String spec) {
    return create(
        name,
        spec
            + "\"containers\":[{\"name\":\"c\",\"image\":\"test.local/busybox:1\",\"imagePullPolicy\":\"IfNotPresent\","
            + container
            + "}]");
  }

  private void told(String pod, String reason, String message) {
    eventually(() -> {
      assertThat(waiting(pod).path("reason").asText()).isEqualTo(reason);
      assertThat(waiting(pod).path("message").asText()).isEqualTo(message);
      assertThat(events(pod)).contains("Failed: Error: " + reason);
    });
    assertThat(pod(pod).text("status", "phase")).isEqualTo("Pending");
  }

  @Test
  void imagesThatCannotBeHad() {
    String none = "127.0.0.1:1/none:1";
    String image = "\"containers\":[{\"name\":\"c\",\"image\":\"%s\"%s}]";
    create("unpullable", image.formatted(none, ""));
    create("absent", image.formatted(none, ",\"imagePullPolicy\":\"Never\""));
    create("misnamed", image.formatted("Bad/Name:1", ""));
    told(
        "absent",
        "ErrImageNeverPull",
        "Container image \"" + none + "\" is not present with pull policy of Never");
    String why =
        "Failed to apply default image tag \"Bad/Name:1\": couldn't parse image name"
            + " \"Bad/Name:1\": invalid reference format: repository name (Name) must be lowercase";
    told("misnamed", "InvalidImageName", why);
    assertThat(events("misnamed")).contains("InspectFailed: " + why);
    eventually(() -> {
      assertThat(waiting("unpullable").path("reason").asText()).isEqualTo("ImagePullBackOff");
      assertThat(waiting("unpullable").path("message").asText())
          .startsWith("Back-off pulling image \"" + none + "\": ErrImagePull: ")
          .doesNotContain("code = Unknown")
          .containsIgnoringCase("connection refused");
      assertThat(events("unpullable"))
          .contains(
              "Pulling: Pulling image \"" + none + "\"",
              "Failed: Error: ErrImagePull",
              "BackOff: Back-off pulling image \"" + none + "\"",
              "Failed: Error: ImagePullBackOff")
          .anyMatch(e ->
              e.startsWith("Failed: Failed to pull image \"" + none + "\": ")
                  && !e.contains("code = Unknown"));
    });
    List.of("unpullable", "absent", "misnamed").forEach(this::delete);
  }

  @Test
  void commandsThatCannotBeRun() {
    String nope = "exec: \"/nope\": stat /nope: no such file or directory";
    one("once", "\"command\":[\"/nope\"]", "\"restartPolicy\":\"Never\",");
    one("again", "\"command\":[\"nope\"]", "");
    awaitPhase("once", "Failed");
    startError(container("once").path("state"), nope);
    eventually(() ->
        assertThat(events("once"))
            .anyMatch(e -> e.startsWith("Failed: Error: ") && e.contains(nope)));
    eventually(() -> {
      KubeObject pod = pod("again");
      String known = "again_default(" + pod.uid() + ")";
      assertThat(waiting("again").path("reason").asText()).isEqualTo("CrashLoopBackOff");
      assertThat(waiting("again").path("message").asText())
          .matches("back-off \\S+ restarting failed container=c pod=.*")
          .endsWith(known);
      startError(
          container("again").path("lastState"),
          "exec: \"nope\": executable file not found in $PATH");
      assertThat(events("again"))
          .contains("BackOff: Back-off restarting failed container c in pod " + known);
    });
    List.of("once", "again").forEach(this::delete);
  }

  private static void startError(JsonNode state, String words) {
    JsonNode terminated = state.path("terminated");
    assertThat(terminated.path("reason").asText()).isEqualTo("StartError");
    assertThat(terminated.path("exitCode").asInt()).isEqualTo(128);
    assertThat(terminated.path("startedAt").asText()).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(terminated.path("message").asText()).contains(words);
  }

  @Test
  void volumesThatCannotBeMounted() throws Exception {
    Path file = Files.writeString(containerd.root().resolve("file"), "x");
    api.put(
        Resources.CONFIG_MAPS,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"words\",\"namespace\":\"default\"},\"data\":{\"a\":\"b\"}}"));
    volume("secretless", "\"secret\":{\"secretName\":\"none\"}");
    volume(
        "keyless", "\"configMap\":{\"name\":\"words\",\"items\":[{\"key\":\"k\",\"path\":\"k\"}]}");
    volume("mistaken", "\"hostPath\":{\"path\":\"" + file + "\",\"type\":\"Directory\"}");
    volume("claimless", "\"persistentVolumeClaim\":{\"claimName\":\"none\"}");
    String setUp = "FailedMount: MountVolume.SetUp failed for volume \"v\" : ";
    event("secretless", setUp + "secret \"none\" not found");
    event("keyless", setUp + "configmap references non-existent config key: k");
    event("mistaken", setUp + "hostPath type check failed: " + file + " is not a directory");
    event(
        "claimless",
        "FailedMount: Unable to attach or mount volumes: unmounted volumes=[v], unattached"
            + " volumes=[], failed to process volumes=[v]: error processing PVC default/none:"
            + " failed to fetch PVC from API server: persistentvolumeclaims \"none\" not found");
    for (String pod : List.of("secretless", "keyless", "mistaken", "claimless")) {
      assertThat(pod(pod).text("status", "phase")).isEqualTo("Pending");
      assertThat(waiting(pod).path("reason").asText()).isEqualTo("ContainerCreating");
      delete(pod);
    }
  }

  private void volume(String pod, String source) {
    one(
        pod,
        "\"command\":[\"/bin/sleep\",\"1000\"],\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/v\"}]",
        "\"volumes\":[{\"name\":\"v\"," + source + "}],");
  }

  private void event(String pod, String wanted) {
    eventually(() -> assertThat(events(pod)).contains(wanted));
  }

  @Test
  void configurationsThatCannotBe() {
    String sleep = "\"command\":[\"/bin/sleep\",\"1000\"],";
    one(
        "unset",
        sleep
            + "\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"none\",\"key\":\"k\"}}}]",
        "");
    one("root", sleep + "\"securityContext\":{\"runAsNonRoot\":true}", "");
    one(
        "outside",
        sleep
            + "\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/v\",\"subPathExpr\":\"$(UP)\"}],\"env\":[{\"name\":\"UP\",\"value\":\"../x\"}]",
        "\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}],");
    for (String[] wanted :
        new String[][] {
          {"unset", "secret \"none\" not found"},
          {"root", "container has runAsNonRoot and image will run as root"},
          {"outside", "must not contain '..'"}
        }) {
      eventually(() -> {
        assertThat(waiting(wanted[0]).path("reason").asText())
            .isEqualTo("CreateContainerConfigError");
        assertThat(waiting(wanted[0]).path("message").asText()).contains(wanted[1]);
        assertThat(events(wanted[0]))
            .contains("Failed: Error: " + waiting(wanted[0]).path("message").asText());
      });
      assertThat(pod(wanted[0]).text("status", "phase")).isEqualTo("Pending");
      delete(wanted[0]);
    }
  }

  @Test
  void aDirectoryMountedOverAFileIsAStartError() {
    one(
        "over",
        "\"command\":[\"/bin/sleep\",\"1000\"],\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/bin/busybox\"}]",
        "\"restartPolicy\":\"Never\",\"volumes\":[{\"name\":\"v\",\"emptyDir\":{}}],");
    eventually(() -> {
      assertThat(pod("over").text("status", "phase")).isEqualTo("Failed");
      assertThat(container("over").path("state").path("terminated").path("exitCode").asInt())
          .isEqualTo(128);
      assertThat(events("over"))
          .anyMatch(e ->
              e.startsWith("Failed: Error: ")
                  && e.toLowerCase(Locale.ROOT).contains("not a directory"));
    });
    delete("over");
  }

  @Test
  void probesThatHangOrAreRefused() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      int closed;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        closed = free.getLocalPort();
      }
      String sleep = "\"command\":[\"/bin/sleep\",\"1000\"],";
      String often = "\"periodSeconds\":1,\"timeoutSeconds\":1,\"failureThreshold\":";
      String get = "{\"httpGet\":{\"host\":\"127.0.0.1\",\"path\":\"/\",\"port\":%d}," + often;
      one("hangs", sleep + "\"livenessProbe\":" + get.formatted(silent.getLocalPort()) + "2}", "");
      one("refused", sleep + "\"readinessProbe\":" + get.formatted(closed) + "1}", "");
      one(
          "shut",
          sleep
              + "\"readinessProbe\":{\"tcpSocket\":{\"host\":\"127.0.0.1\",\"port\":%d},"
                  .formatted(closed)
              + often
              + "1}",
          "");
      one(
          "stuck",
          sleep
              + "\"readinessProbe\":{\"exec\":{\"command\":[\"/bin/sleep\",\"300\"]},"
              + often
              + "1}",
          "");
      String url = "Get \"http://127.0.0.1:%d/\": ";
      event(
          "hangs",
          "Unhealthy: Liveness probe failed: "
              + url.formatted(silent.getLocalPort())
              + "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
      event("hangs", "Killing: Container c failed liveness probe, will be restarted");
      eventually(() -> assertThat(container("hangs").path("restartCount").asInt()).isPositive());
      String refused = "dial tcp 127.0.0.1:" + closed + ": connect: connection refused";
      event("refused", "Unhealthy: Readiness probe failed: " + url.formatted(closed) + refused);
      event("shut", "Unhealthy: Readiness probe failed: " + refused);
      event(
          "stuck",
          "Unhealthy: Readiness probe failed: command timed out: \"/bin/sleep 300\" timed out after"
              + " 1s");
      for (String pod : List.of("refused", "shut", "stuck")) {
        assertThat(ready(pod(pod))).isFalse();
        assertThat(container(pod).path("restartCount").asInt()).isZero();
      }
      List.of("hangs", "refused", "shut", "stuck").forEach(this::delete);
    }
  }

  @Test
  void containersThatEatTheirMemory() {
    String eats = "\"command\":[\"/bin/sh\",\"-c\",\"x=a; while :; do x=$x$x; done\"],";
    String limit = "\"resources\":{\"limits\":{\"memory\":\"16Mi\"}}";
    one("hungry", eats + limit, "");
    one("sated", eats + limit, "\"restartPolicy\":\"Never\",");
    awaitPhase("sated", "Failed");
    eventually(() -> {
      outOfMemory(container("sated").path("state"));
      outOfMemory(container("hungry").path("lastState"));
      assertThat(container("hungry").path("restartCount").asInt()).isPositive();
      assertThat(waiting("hungry").path("reason").asText()).isEqualTo("CrashLoopBackOff");
    });
    List.of("hungry", "sated").forEach(this::delete);
  }

  private static void outOfMemory(JsonNode state) {
    assertThat(state.path("terminated").path("reason").asText()).isEqualTo("OOMKilled");
    assertThat(state.path("terminated").path("exitCode").asInt()).isEqualTo(137);
  }

  @Test
  void aFullVolumeInMemoryIsItsOwnersAlone() throws IOException {
    KubeObject pod =
        one(
            "full",
            "\"command\":[\"/bin/sh\",\"-c\",\"/bin/busybox dd if=/dev/zero of=/v/x bs=1024 count=4096\"],"
                + "\"terminationMessagePolicy\":\"FallbackToLogsOnError\",\"volumeMounts\":[{\"name\":\"v\",\"mountPath\":\"/v\"}]",
            "\"restartPolicy\":\"Never\",\"volumes\":[{\"name\":\"v\",\"emptyDir\":{\"medium\":\"Memory\",\"sizeLimit\":\"1Mi\"}}],");
    awaitPhase("full", "Failed");
    JsonNode terminated = container("full").path("state").path("terminated");
    assertThat(terminated.path("reason").asText()).isEqualTo("Error");
    assertThat(terminated.path("exitCode").asInt()).isEqualTo(1);
    assertThat(terminated.path("message").asText()).contains("No space left on device");
    delete("full");
    eventually(() ->
        assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(pod.uid()));
  }
}
