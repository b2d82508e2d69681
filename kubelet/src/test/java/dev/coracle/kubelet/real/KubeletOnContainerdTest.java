package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.Kubelet;
import dev.coracle.kubelet.config.KubeletOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The kubelet with a real containerd below and an in-memory API above. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KubeletOnContainerdTest {
  private Containerd containerd;
  private Vertx vertx;
  private FakeClient api;
  private Kubelet kubelet;
  private KubeletOptions options;
  private Path data;

  @BeforeAll
  void start() throws Exception {
    containerd = Containerd.start();
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    api = new FakeClient();
    data = containerd.root().resolve("kubelet");
    options =
        KubeletOptions.of("node1", "127.0.0.1", data, containerd.root().resolve("logs"), containerd.endpoint())
            .withRestartBackOff(Duration.ofMillis(500), Duration.ofSeconds(2));
    kubelet = new Kubelet(vertx, api, options, new SimpleMeterRegistry());
    kubelet.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @AfterAll
  void stop() throws Exception {
    if (kubelet != null) {
      kubelet.stop().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    if (vertx != null) {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
    if (containerd != null) {
      containerd.close();
    }
  }

  private KubeObject create(String name, String spec) {
    return api.create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"default","labels":{"app":"t"}},
                 "spec":{"nodeName":"node1","restartPolicy":"Always","terminationGracePeriodSeconds":1,%s}}
                """
                    .formatted(name, spec)))
        .await()
        .indefinitely();
  }

  private KubeObject pod(String name) {
    return api.get(Resources.PODS, "default", name).await().indefinitely();
  }

  private void awaitPhase(String name, String phase) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(pod(name).text("status", "phase")).isEqualTo(phase));
  }

  private void delete(String name) {
    api.delete(Resources.PODS, "default", name, DeleteOptions.DEFAULT).await().indefinitely();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                api.list(Resources.PODS, "default", dev.coracle.api.rest.ListOptions.ALL)
                    .await()
                    .indefinitely()
                    .items()
                    .stream()
                    .noneMatch(p -> p.name().equals(name)));
  }

  @Test
  void registersTheNodeAndItsLease() {
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    assertThat(node.at("status", "conditions").toString()).contains("KubeletReady");
    assertThat(node.text("status", "nodeInfo", "containerRuntimeVersion"))
        .startsWith("containerd://");
    assertThat(node.text("status", "capacity", "pods")).isEqualTo("110");
    assertThat(
            api.get(Resources.LEASES, "kube-node-lease", "node1")
                .await()
                .indefinitely()
                .text("spec", "holderIdentity"))
        .isEqualTo("node1");
  }

  @Test
  void aPodRunsAndIsReadyAndGoes() {
    long begun = System.nanoTime();
    KubeObject created =
        create(
            "web",
            """
            "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"Never",
              "command":["/bin/sh","-c","echo hello; echo $WHO; exec sleep 1000"],"env":[{"name":"WHO","value":"me $(POD)"},{"name":"POD","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]
            """);
    awaitPhase("web", "Running");
    System.out.println("create -> Running ms: " + (System.nanoTime() - begun) / 1_000_000);
    KubeObject pod = pod("web");
    assertThat(pod.text("status", "podIP")).startsWith("10.199.");
    assertThat(pod.at("status", "containerStatuses", "").isMissingNode()).isTrue();
    assertThat(pod.at("status", "containerStatuses").path(0).path("ready").asBoolean()).isTrue();
    assertThat(pod.at("status", "containerStatuses").path(0).path("containerID").asText())
        .startsWith("containerd://");
    Path log = options.podLogsDir().resolve("default_web_" + created.uid() + "/c/0.log");
    Awaitility.await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() -> assertThat(Files.readString(log)).contains("hello"));
    delete("web");
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> !Files.exists(data.resolve("pods").resolve(created.uid())));
  }

  @Test
  void aCompletedPodSucceedsAndAFailedOneSaysWhy() {
    create(
        "done",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","command":["/bin/true"],"imagePullPolicy":"IfNotPresent"}]
        """
            .replace("\"containers\"", "\"restartPolicy\":\"Never\",\"containers\""));
    create(
        "bad",
        """
        "restartPolicy":"Never","containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
          "terminationMessagePolicy":"FallbackToLogsOnError","command":["/bin/sh","-c","echo last words; exit 3"]}]
        """);
    awaitPhase("done", "Succeeded");
    awaitPhase("bad", "Failed");
    var state = pod("bad").at("status", "containerStatuses").path(0).path("state").path("terminated");
    assertThat(state.path("exitCode").asInt()).isEqualTo(3);
    assertThat(state.path("reason").asText()).isEqualTo("Error");
    assertThat(state.path("message").asText()).contains("last words");
    delete("done");
    delete("bad");
  }

  @Test
  void aKilledContainerComesBack() throws Exception {
    create(
        "phoenix",
        """
        "hostNetwork":true,"containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sleep","98761"]}]
        """);
    awaitPhase("phoenix", "Running");
    String first = pod("phoenix").at("status", "containerStatuses").path(0).path("containerID").asText();
    assertThat(Processes.kill("98761")).isEqualTo(1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              var s = pod("phoenix").at("status", "containerStatuses").path(0);
              assertThat(s.path("restartCount").asInt()).isEqualTo(1);
              assertThat(s.path("state").has("running")).isTrue();
              assertThat(s.path("containerID").asText()).isNotEqualTo(first);
              assertThat(s.path("lastState").path("terminated").path("exitCode").asInt())
                  .isEqualTo(137);
            });
    delete("phoenix");
  }

  @Test
  void aMissingImageAndAMissingCommandAreTold() {
    create(
        "noimage",
        """
        "containers":[{"name":"c","image":"test.local/none:1","imagePullPolicy":"Never"}]
        """);
    create(
        "nocommand",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/nope"]}]
        """);
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(pod("noimage").at("status", "containerStatuses").toString())
                  .contains("ErrImageNeverPull");
              assertThat(pod("nocommand").at("status", "containerStatuses").toString())
                  .containsAnyOf("RunContainerError", "CrashLoopBackOff")
                  .contains("/nope");
            });
    delete("noimage");
    delete("nocommand");
  }
}
