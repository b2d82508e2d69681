package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What pods go through, between an in-memory API and an in-memory runtime. */
class PodLifeTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  /** Somebody loads an image under a name that another one had. */
  @Test
  void aNameIsLookedUpForEachContainer() {
    k.simple("first", "");
    k.awaitPhase("first", "Running");
    k.runtime.image("busybox:1", "sha256:newer");
    k.simple("second", "");
    k.awaitPhase("second", "Running");
    assertThat(k.container("first").path("imageID").asText()).isEqualTo("sha256:busybox:1");
    assertThat(k.container("second").path("imageID").asText()).isEqualTo("sha256:newer");
  }

  @Test
  void runsAndTellsTheWholeStatus() {
    k.simple("web", "");
    k.awaitPhase("web", "Running");
    k.eventually(() -> assertThat(k.condition("web", "Ready")).isEqualTo("True"));
    KubeObject pod = k.pod("web");
    assertThat(pod.text("status", "podIP")).startsWith("10.0.0.");
    assertThat(pod.text("status", "hostIP")).isEqualTo("192.0.2.1");
    assertThat(pod.text("status", "qosClass")).isEqualTo("BestEffort");
    assertThat(pod.text("status", "startTime")).isNotEmpty();
    for (String type :
        new String[] {
          "PodReadyToStartContainers", "Initialized", "ContainersReady", "PodScheduled"
        }) {
      assertThat(k.condition("web", type)).as(type).isEqualTo("True");
    }
    assertThat(k.container("web").path("imageID").asText()).isEqualTo("sha256:busybox:1");
    assertThat(k.container("web").path("started").asBoolean()).isTrue();
    k.eventually(() ->
        assertThat(k.events())
            .containsSubsequence(
                "Pulled: Container image \"busybox:1\" already present on machine and can be accessed by"
                    + " the pod",
                "Created: Container created",
                "Started: Container started"));
  }

  @Test
  void theFirstRestartIsImmediateAndTheNextBacksOff() {
    k.simple("crash", "");
    k.awaitPhase("crash", "Running");
    k.runtime.exit("crash", 1);
    k.eventually(() -> assertThat(k.container("crash").path("restartCount").asInt()).isEqualTo(1));
    k.eventually(() -> assertThat(k.container("crash").path("state").has("running")).isTrue());
    k.runtime.exit("crash", 1);
    k.eventually(() ->
        assertThat(k.container("crash").path("state").path("waiting").path("reason").asText())
            .isEqualTo("CrashLoopBackOff"));
    assertThat(k.container("crash").path("state").path("waiting").path("message").asText())
        .startsWith("back-off 300ms restarting failed container=crash pod=crash_default(");
    assertThat(k.container("crash").path("lastState").path("terminated").path("exitCode").asInt())
        .isEqualTo(1);
    assertThat(k.pod("crash").text("status", "phase")).isEqualTo("Running");
    assertThat(k.condition("crash", "Ready")).isEqualTo("False");
    k.eventually(() -> assertThat(k.container("crash").path("restartCount").asInt()).isEqualTo(2));
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith(
                    "BackOff: Back-off restarting failed container crash in pod crash_default(")));
  }

  @Test
  void aDeletedPodEndsWithGraceAndLeavesNothing() {
    KubeObject pod =
        k.simple("bye", ",\"lifecycle\":{\"preStop\":{\"exec\":{\"command\":[\"stop\"]}}}");
    k.awaitPhase("bye", "Running");
    String id = k.container("bye").path("containerID").asText();
    Path link =
        k.data.resolve(
            "containers/bye_default_bye-" + id.substring(id.lastIndexOf('/') + 1) + ".log");
    assertThat(link)
        .isSymbolicLink()
        .hasSameBinaryContentAs(
            k.data.resolve("logs/default_bye_" + pod.uid()).resolve("bye/0.log"));
    k.delete("bye", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("bye")).isFalse());
    assertThat(k.runtime.calls())
        .containsSubsequence("exec stop", "stopContainer bye 5", "stopPodSandbox");
    k.eventually(() -> {
      assertThat(k.runtime.listContainers(dev.coracle.cri.v1.ContainerFilter.getDefaultInstance()))
          .isEmpty();
      assertThat(
              k.runtime.listPodSandboxes(dev.coracle.cri.v1.PodSandboxFilter.getDefaultInstance()))
          .isEmpty();
      assertThat(k.data.resolve("kubelet/pods").resolve(pod.uid())).doesNotExist();
      assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isFalse();
    });
    k.eventually(() -> assertThat(k.events()).contains("Killing: Stopping container bye"));
  }

  @Test
  void aPodDeletedByForceIsEndedToo() {
    k.simple("forced", "");
    k.awaitPhase("forced", "Running");
    k.delete("forced", DeleteOptions.now());
    k.eventually(() -> assertThat(k.runtime.running("forced")).isEmpty());
    assertThat(k.runtime.calls()).contains("stopContainer forced 1");
  }

  @Test
  void aPodOfTheSameNameComesBackAnew() {
    KubeObject first = k.simple("twin", "");
    k.awaitPhase("twin", "Running");
    k.delete("twin", DeleteOptions.now());
    KubeObject second = k.simple("twin", "");
    assertThat(second.uid()).isNotEqualTo(first.uid());
    k.awaitPhase("twin", "Running");
    k.eventually(() -> {
      var running =
          k.runtime.listContainers(dev.coracle.cri.v1.ContainerFilter.getDefaultInstance());
      assertThat(running).hasSize(1);
      assertThat(running.getFirst().getLabelsMap())
          .containsEntry("io.kubernetes.pod.uid", second.uid());
    });
  }

  @Test
  void completedAndFailedPodsKeepTheirStatus() {
    k.create(
        "ok",
        "\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"ok\",\"image\":\"busybox:1\"}]");
    k.awaitPhase("ok", "Running");
    k.runtime.exit("ok", 0);
    k.awaitPhase("ok", "Succeeded");
    assertThat(k.container("ok").path("state").path("terminated").path("reason").asText())
        .isEqualTo("Completed");
    k.eventually(() -> assertThat(k.condition("ok", "Ready")).isEqualTo("False"));
    k.delete("ok", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("ok")).isFalse());
  }

  @Test
  void anUnpullableImageBacksOffWithTheReasonsOfUpstream() {
    k.runtime.failing(call ->
        call.startsWith("pullImage")
            ? Optional.of(new CriException(Code.NOT_FOUND, "no such image"))
            : Optional.empty());
    k.create("pull", "\"containers\":[{\"name\":\"c\",\"image\":\"nowhere.test/x:1\"}]");
    k.eventually(() ->
        assertThat(k.container("pull").path("state").path("waiting").path("reason").asText())
            .isEqualTo("ImagePullBackOff"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Pulling: Pulling image \"nowhere.test/x:1\"",
                "Failed: Failed to pull image \"nowhere.test/x:1\": rpc error: code = NotFound desc = no such image",
                "Failed: Error: ErrImagePull",
                "BackOff: Back-off pulling image \"nowhere.test/x:1\"",
                "Failed: Error: ImagePullBackOff"));
    k.runtime.failing(call -> Optional.empty());
    k.awaitPhase("pull", "Running");
  }

  /** As CRI-O says it of an image that its policy does not let in. */
  @Test
  void anImageWhoseSignatureDoesNotHoldIsToldApart() {
    k.runtime.failing(call ->
        call.startsWith("pullImage")
            ? Optional.of(
                new CriException(Code.UNKNOWN, "SignatureValidationFailed: Source image rejected"))
            : Optional.empty());
    k.create("signed", "\"containers\":[{\"name\":\"c\",\"image\":\"nowhere.test/x:1\"}]");
    k.eventually(() ->
        assertThat(k.container("signed").at("/state/waiting/message").asText())
            .isEqualTo(
                "Back-off pulling image \"nowhere.test/x:1\": SignatureValidationFailed: image pull"
                    + " failed for nowhere.test/x:1 because the signature validation failed: Source"
                    + " image rejected"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Failed: Failed to pull image \"nowhere.test/x:1\": SignatureValidationFailed:"
                    + " Source image rejected",
                "Failed: Error: SignatureValidationFailed",
                "Failed: Error: ImagePullBackOff"));
  }

  /** One large value that many variables refer to, and a text that doubles with each of them. */
  @Test
  void anEnvironmentBeyondAllMeasureIsToldAndNotMade() {
    String value = "x".repeat(200_000);
    String large =
        IntStream.range(0, 40)
            .mapToObj(i ->
                "{\"name\":\"L"
                    + i
                    + "\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.annotations['a']\"}}}")
            .collect(Collectors.joining(","));
    String doubling =
        IntStream.range(1, 60)
            .mapToObj(
                i -> "{\"name\":\"A%d\",\"value\":\"$(A%d)$(A%d)\"}".formatted(i, i - 1, i - 1))
            .collect(Collectors.joining(","));
    k.api
        .create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"large","namespace":"default","annotations":{"a":"%s"}},
                 "spec":{"nodeName":"n1","containers":[{"name":"c","image":"busybox:1","env":[%s]}]}}
                """
                    .formatted(value, large)))
        .await()
        .indefinitely();
    k.create(
        "doubling",
        "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\",\"env\":[{\"name\":\"A0\",\"value\":\"xxxx\"},"
            + doubling
            + "]}]");
    k.eventually(() -> {
      JsonNode waiting = k.container("large").path("state").path("waiting");
      assertThat(waiting.path("reason").asText()).isEqualTo("CreateContainerConfigError");
      assertThat(waiting.path("message").asText())
          .isEqualTo("the environment is longer than 6291456 bytes, which no process is given");
      assertThat(k.container("doubling").at("/state/waiting/message").asText())
          .startsWith("environment variable \"A15\": with its references replaced it is longer");
    });
  }

  @Test
  void badNamesAndMissingConfigurationAreTold() {
    k.create("name", "\"containers\":[{\"name\":\"c\",\"image\":\"Bad Name\"}]");
    k.create(
        "never",
        "\"containers\":[{\"name\":\"c\",\"image\":\"gone:1\",\"imagePullPolicy\":\"Never\"}]");
    k.create(
        "config",
        "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\",\"env\":[{\"name\":\"A\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"cm\",\"key\":\"k\"}}}]}]");
    k.eventually(() -> {
      assertThat(k.container("name").path("state").path("waiting").path("reason").asText())
          .isEqualTo("InvalidImageName");
      assertThat(k.container("never").path("state").path("waiting").path("reason").asText())
          .isEqualTo("ErrImageNeverPull");
      assertThat(k.container("config").path("state").path("waiting").path("reason").asText())
          .isEqualTo("CreateContainerConfigError");
      assertThat(k.container("config").path("state").path("waiting").path("message").asText())
          .isEqualTo("configmap \"cm\" not found");
    });
    // The object appears: no one has to wait for a tick.
    k.api
        .create(
            Resources.CONFIG_MAPS,
            KubeObject.parse(
                "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"cm\",\"namespace\":\"default\"},\"data\":{\"k\":\"v\"}}"))
        .await()
        .indefinitely();
    k.awaitPhase("config", "Running");
    assertThat(k.runtime.config("c").orElseThrow().getEnvsList())
        .anyMatch(e -> e.getKey().equals("A") && e.getValue().equals("v"));
  }

  @Test
  void aSandboxThatCannotBeMadeIsTriedAgain() {
    AtomicInteger left = new AtomicInteger(1);
    k.runtime.failing(call ->
        call.startsWith("runPodSandbox") && left.getAndDecrement() > 0
            ? Optional.of(new CriException(Code.UNKNOWN, "no network"))
            : Optional.empty());
    k.simple("net", "");
    k.awaitPhase("net", "Running");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedCreatePodSandBox: Failed to create pod sandbox: rpc error: code = Unknown desc = no network"));
  }

  @Test
  void aFullNameThatIsTooLongForTheKernelIsTold() {
    k.create(
        "long",
        """
        "hostname":"%s","subdomain":"web","setHostnameAsFQDN":true,
        "containers":[{"name":"c","image":"busybox:1"}]
        """
            .formatted("h".repeat(40)));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedCreatePodSandBox: Failed to create pod sandbox: failed to construct FQDN from"
                    + " pod hostname and cluster domain, FQDN "
                    + "h".repeat(40)
                    + ".web.default.svc.cluster.local is too long (64 characters is the max, 70"
                    + " characters requested)"));
    assertThat(k.runtime.calls()).noneMatch(c -> c.startsWith("runPodSandbox"));
  }

  /** The API lets nothing follow the end of a container that is not restarted but another end. */
  @Test
  void anInitContainerThatRunsOnceMoreIsToldOfWhenItHasEnded() {
    k.create(
        "p",
        "\"restartPolicy\":\"OnFailure\","
            + "\"initContainers\":[{\"name\":\"i\",\"image\":\"busybox:1\"}],"
            + "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.eventually(() -> assertThat(k.runtime.running("i")).isPresent());
    k.runtime.exit("i", 0);
    k.eventually(() -> assertThat(k.runtime.running("c")).isPresent());
    k.eventually(() -> assertThat(init().at("/state/terminated")).isNotEmpty());
    String first = init().path("containerID").asText();
    k.runtime.stopPodSandbox(
        k.runtime
            .listPodSandboxes(dev.coracle.cri.v1.PodSandboxFilter.getDefaultInstance())
            .getFirst()
            .getId());
    k.eventually(() -> assertThat(k.runtime.running("i")).isPresent());
    k.eventually(() ->
        assertThat(k.container("p").at("/state/waiting/reason").asText())
            .isEqualTo("PodInitializing"));
    assertThat(init().path("containerID").asText()).isEqualTo(first);
    assertThat(init().at("/state/terminated/exitCode").asInt(-1)).isZero();
    k.runtime.exit("i", 0);
    k.eventually(() -> {
      assertThat(k.runtime.running("c")).isPresent();
      assertThat(init().path("containerID").asText()).isNotEqualTo(first);
    });
  }

  @Test
  void aPodIsPendingWhileItIsInitializedOnceMore() {
    k.create(
        "p",
        "\"initContainers\":[{\"name\":\"i\",\"image\":\"busybox:1\"}],"
            + "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.eventually(() -> assertThat(k.runtime.running("i")).isPresent());
    k.runtime.exit("i", 0);
    k.awaitPhase("p", "Running");
    k.runtime.stopPodSandbox(
        k.runtime
            .listPodSandboxes(dev.coracle.cri.v1.PodSandboxFilter.getDefaultInstance())
            .getFirst()
            .getId());
    k.eventually(() -> {
      assertThat(init().at("/state/running")).isNotEmpty();
      assertThat(init().path("restartCount").asInt()).isOne();
      assertThat(k.pod("p").text("status", "phase")).isEqualTo("Pending");
    });
    k.runtime.exit("i", 0);
    k.eventually(() -> {
      assertThat(k.pod("p").text("status", "phase")).isEqualTo("Running");
      assertThat(k.container("p").path("restartCount").asInt()).isOne();
    });
  }

  private com.fasterxml.jackson.databind.JsonNode init() {
    return k.pod("p").at("status", "initContainerStatuses").path(0);
  }

  @Test
  void aDeadSandboxIsReplaced() {
    k.simple("sand", "");
    k.awaitPhase("sand", "Running");
    String id =
        k.runtime
            .listPodSandboxes(dev.coracle.cri.v1.PodSandboxFilter.getDefaultInstance())
            .getFirst()
            .getId();
    k.runtime.stopPodSandbox(id);
    k.eventually(() -> assertThat(k.container("sand").path("restartCount").asInt()).isEqualTo(1));
    k.eventually(() ->
        assertThat(k.events())
            .contains("SandboxChanged: Pod sandbox changed, it will be killed and re-created."));
  }

  /** As upstream gives it two seconds, whose containers are asked to end before they are killed. */
  @Test
  void aPodThatWentWhileNoKubeletRanIsEndedWithGrace() throws Exception {
    k.simple("gone", "");
    k.simple("stays", "");
    k.awaitPhase("gone", "Running");
    k.awaitPhase("stays", "Running");
    k.stopKubelet();
    k.delete("gone", DeleteOptions.now());
    assertThat(k.exists("gone")).isFalse();
    k.restart();
    k.kubelet().housekeep();
    k.eventually(() -> assertThat(k.runtime.running("gone")).isEmpty());
    assertThat(k.runtime.calls()).contains("stopContainer gone 2");
    assertThat(k.runtime.calls()).noneMatch(c -> c.startsWith("stopContainer stays"));
    assertThat(k.meters().get("kubelet_orphaned_runtime_pods_total").counter().count()).isOne();
  }

  @Test
  void anOrphanOfTheRuntimeIsRemovedByHousekeeping() throws Exception {
    var sandbox =
        dev.coracle.cri.v1.PodSandboxConfig.newBuilder()
            .setMetadata(
                dev.coracle.cri.v1.PodSandboxMetadata.newBuilder().setName("old").setUid("u-old"))
            .putLabels("io.kubernetes.pod.uid", "u-old")
            .build();
    KubeletHarness mine = k;
    mine.runtime.runPodSandbox(sandbox, "");
    Files.createDirectories(mine.data.resolve("kubelet/pods/u-old"));
    mine.kubelet().housekeep();
    k.eventually(() -> {
      assertThat(mine.data.resolve("kubelet/pods/u-old")).doesNotExist();
    });
  }

  @Test
  void aFailedPostStartHookEndsTheContainer() {
    k.runtime.execs(command -> 1);
    k.simple("hook", ",\"lifecycle\":{\"postStart\":{\"exec\":{\"command\":[\"fail\"]}}}");
    k.eventually(() ->
        assertThat(k.events())
            .contains("FailedPostStartHook: PostStartHook failed", "Killing: FailedPostStartHook"));
    k.eventually(() ->
        assertThat(k.container("hook").path("state").path("waiting").path("reason").asText())
            .isIn("PostStartHookError", "CrashLoopBackOff"));
  }

  @Test
  void livenessEndsAndReadinessHides() {
    AtomicInteger live = new AtomicInteger();
    AtomicInteger ready = new AtomicInteger(1);
    k.runtime.execs(c -> c.getFirst().equals("live") ? live.get() : ready.get());
    k.simple(
        "probed",
        ",\"livenessProbe\":{\"exec\":{\"command\":[\"live\"]},\"periodSeconds\":1,\"failureThreshold\":1},"
            + "\"readinessProbe\":{\"exec\":{\"command\":[\"ready\"]},\"periodSeconds\":1}");
    k.awaitPhase("probed", "Running");
    assertThat(k.condition("probed", "Ready")).isEqualTo("False");
    ready.set(0);
    k.eventually(() -> assertThat(k.condition("probed", "Ready")).isEqualTo("True"));
    live.set(1);
    k.eventually(() ->
        assertThat(k.events())
            .contains("Killing: Container probed failed liveness probe, will be restarted"));
    live.set(0);
    k.eventually(
        () -> assertThat(k.container("probed").path("restartCount").asInt()).isGreaterThan(0));
  }

  @Test
  void aPodThatDoesNotFitIsRefused() {
    k.simple("greedy", ",\"resources\":{\"requests\":{\"cpu\":\"100000\"}}");
    k.awaitPhase("greedy", "Failed");
    assertThat(k.pod("greedy").text("status", "reason")).isEqualTo("OutOfcpu");
    assertThat(k.pod("greedy").text("status", "message"))
        .startsWith(
            "Pod was rejected: Node didn't have enough resource: cpu, requested: 100000000, used: 0, capacity: ");
    assertThat(k.runtime.calls()).noneMatch(c -> c.startsWith("runPodSandbox"));
  }

  @Test
  void aStatusSomebodyWroteOverIsPutRight() {
    k.simple("drift", "");
    k.eventually(() -> assertThat(k.condition("drift", "Ready")).isEqualTo("True"));
    k.api
        .patch(
            Resources.PODS,
            "default",
            "drift",
            dev.coracle.api.rest.Patch.merge(n -> n.putObject("status").put("phase", "Pending")),
            "status",
            dev.coracle.api.rest.WriteOptions.NONE)
        .await()
        .indefinitely();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> k.pod("drift").text("status", "phase").equals("Running"));
  }
}
