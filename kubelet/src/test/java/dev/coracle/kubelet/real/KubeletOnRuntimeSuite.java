package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.Kubelet;
import dev.coracle.kubelet.internal.cri.GrpcRuntimeService;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What the kubelet must do with a real runtime below and an in-memory API above. */
abstract class KubeletOnRuntimeSuite extends KubeletOnRuntime {

  @Test
  void registersTheNodeAndItsLease() {
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    assertThat(node.at("status", "conditions").toString()).contains("KubeletReady");
    assertThat(node.text("status", "nodeInfo", "containerRuntimeVersion"))
        .startsWith(containerd.name() + "://");
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
    KubeObject pod = pod("web");
    assertThat(pod.text("status", "podIP")).startsWith(containerd.podPrefix());
    assertThat(pod.at("status", "containerStatuses", "").isMissingNode()).isTrue();
    assertThat(pod.at("status", "containerStatuses").path(0).path("ready").asBoolean()).isTrue();
    assertThat(pod.at("status", "containerStatuses").path(0).path("containerID").asText())
        .startsWith(containerd.name() + "://");
    Path log = options.podLogsDir().resolve("default_web_" + created.uid() + "/c/0.log");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(Files.readString(log)).contains("hello"));
    delete("web");
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
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
    var state =
        pod("bad").at("status", "containerStatuses").path(0).path("state").path("terminated");
    assertThat(state.path("exitCode").asInt()).isEqualTo(3);
    assertThat(state.path("reason").asText()).isEqualTo("Error");
    assertThat(state.path("message").asText()).contains("last words");
    delete("done");
    delete("bad");
  }

  @Test
  void aKilledContainerComesBack() throws Exception {
    String mark = Processes.marked();
    create(
        "phoenix",
        """
        "hostNetwork":true,"containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sleep","%s"]}]
        """
            .formatted(mark));
    awaitPhase("phoenix", "Running");
    String first =
        pod("phoenix").at("status", "containerStatuses").path(0).path("containerID").asText();
    assertThat(Processes.kill(mark)).isEqualTo(1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
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
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          assertThat(pod("noimage").at("status", "containerStatuses").toString())
              .contains("ErrImageNeverPull");
          assertThat(pod("nocommand").at("status", "containerStatuses").toString())
              .containsAnyOf("RunContainerError", "CrashLoopBackOff")
              .contains("/nope");
        });
    delete("noimage");
    delete("nocommand");
  }

  @Test
  void initContainersGoFirstAndSidecarsStay() {
    create(
        "stages",
        """
        "restartPolicy":"Never","volumes":[{"name":"v","emptyDir":{}}],
        "initContainers":[
          {"name":"one","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sh","-c","echo 1 > /v/one"],"volumeMounts":[{"name":"v","mountPath":"/v"}]},
          {"name":"side","restartPolicy":"Always","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sh","-c","cat /v/one > /v/side; exec sleep 1000"],"volumeMounts":[{"name":"v","mountPath":"/v"}],
           "startupProbe":{"exec":{"command":["/bin/cat","/v/side"]},"periodSeconds":1}}],
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sh","-c","cat /v/side; sleep 1"],"volumeMounts":[{"name":"v","mountPath":"/v"}]}]
        """);
    awaitPhase("stages", "Succeeded");
    KubeObject pod = pod("stages");
    assertThat(
            pod.at("status", "initContainerStatuses")
                .path(0)
                .path("state")
                .path("terminated")
                .path("reason")
                .asText())
        .isEqualTo("Completed");
    awaitTrue(
        "stages",
        p -> p.at("status", "initContainerStatuses").path(1).path("state").has("terminated"));
    delete("stages");
  }

  @Test
  void probesDecide() throws Exception {
    create(
        "probed",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
          "command":["/bin/sh","-c","sleep 1; mkdir -p /tmp/w; echo ok > /tmp/w/healthz; exec httpd -f -p 8080 -h /tmp/w"],
          "readinessProbe":{"httpGet":{"path":"/healthz","port":8080},"periodSeconds":1},
          "livenessProbe":{"exec":{"command":["/bin/sh","-c","! test -e /tmp/sick"]},"periodSeconds":1,"failureThreshold":1}}]
        """);
    awaitPhase("probed", "Running");
    assertThat(ready(pod("probed"))).isFalse();
    awaitTrue("probed", KubeletOnRuntime::ready);
    Path sick = data.resolve("pods");
    assertThat(sick).exists();
    String id =
        pod("probed").at("status", "containerStatuses").path(0).path("containerID").asText();
    try (var cri = new GrpcRuntimeService(vertx, containerd.endpoint())) {
      cri.execSync(
          id.substring(id.indexOf("://") + 3),
          java.util.List.of("/bin/touch", "/tmp/sick"),
          Duration.ofSeconds(5));
    }
    awaitTrue(
        "probed",
        p -> p.at("status", "containerStatuses").path(0).path("restartCount").asInt() == 1);
    awaitTrue("probed", KubeletOnRuntime::ready);
    delete("probed");
  }

  @Test
  void configMapsSecretsAndTheDownwardApiReachThePodAndFollowChanges() {
    api.create(
            Resources.CONFIG_MAPS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"cm","namespace":"default"},"data":{"a":"1","b":"two"}}
                """))
        .await()
        .indefinitely();
    KubeObject created =
        create(
            "configured",
            """
            "volumes":[{"name":"cm","configMap":{"name":"cm"}},{"name":"d","downwardAPI":{"items":[{"path":"labels","fieldRef":{"fieldPath":"metadata.labels"}}]}},
              {"name":"s","secret":{"secretName":"late"}}],
            "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sleep","1000"],
              "envFrom":[{"configMapRef":{"name":"cm"}}],
              "volumeMounts":[{"name":"cm","mountPath":"/cm"},{"name":"d","mountPath":"/d"},{"name":"s","mountPath":"/s"}]}]
            """);
    awaitTrue("configured", p -> p.text("status", "phase").equals("Pending"));
    api.create(
            Resources.SECRETS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Secret","metadata":{"name":"late","namespace":"default"},"data":{"k":"dg=="}}
                """))
        .await()
        .indefinitely();
    awaitPhase("configured", "Running");
    Path volumes = data.resolve("pods").resolve(created.uid()).resolve("volumes");
    assertThat(volumes.resolve("kubernetes.io~configmap/cm/a")).hasContent("1");
    assertThat(volumes.resolve("kubernetes.io~secret/s/k")).hasContent("v");
    assertThat(volumes.resolve("kubernetes.io~downward-api/d/labels")).hasContent("app=\"t\"");
    api.patch(
            Resources.CONFIG_MAPS,
            "default",
            "cm",
            dev.coracle.api.rest.Patch.merge(n -> n.putObject("data").put("a", "changed")))
        .await()
        .indefinitely();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(volumes.resolve("kubernetes.io~configmap/cm/a")).hasContent("changed"));
    delete("configured");
  }

  @Test
  void preStopRunsBeforeTheEnd() throws Exception {
    Path marks = Files.createDirectories(containerd.root().resolve("marks"));
    create(
        "graceful",
        """
        "terminationGracePeriodSeconds":20,"volumes":[{"name":"m","hostPath":{"path":"%s","type":"Directory"}}],
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sh","-c","trap 'echo term >> /m/log; exit 0' TERM; while true; do sleep 0.1; done"],
          "volumeMounts":[{"name":"m","mountPath":"/m"}],
          "lifecycle":{"postStart":{"exec":{"command":["/bin/sh","-c","echo start >> /m/log"]}},"preStop":{"exec":{"command":["/bin/sh","-c","echo stop >> /m/log"]}}}}]
        """
            .formatted(marks));
    awaitPhase("graceful", "Running");
    long begun = System.nanoTime();
    delete("graceful");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
    assertThat(Files.readString(marks.resolve("log"))).isEqualTo("start\nstop\nterm\n");
  }

  @Test
  void aNewKubeletAdoptsWhatRuns() throws Exception {
    String mark = Processes.marked();
    create(
        "adopted",
        """
        "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sleep","%s"]}]
        """
            .formatted(mark));
    awaitTrue("adopted", KubeletOnRuntime::ready);
    String id =
        pod("adopted").at("status", "containerStatuses").path(0).path("containerID").asText();
    kubelet.stop(true).toCompletableFuture().get(60, TimeUnit.SECONDS);
    kubelet = new Kubelet(vertx, api, options, new SimpleMeterRegistry(), Clock.systemUTC());
    kubelet.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    awaitTrue("adopted", KubeletOnRuntime::ready);
    assertThat(Processes.having(mark)).hasSize(1);
    var status = pod("adopted").at("status", "containerStatuses").path(0);
    assertThat(status.path("containerID").asText()).isEqualTo(id);
    assertThat(status.path("restartCount").asInt()).isZero();
    delete("adopted");
    assertThat(Processes.having(mark)).isEmpty();
  }
}
