package dev.coracle.cridocker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.ContainerEventResponse;
import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cri.v1.ContainerMetadata;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PodSandboxState;
import dev.coracle.cri.v1.RuntimeCondition;
import dev.coracle.cridocker.config.DockerOptions;
import dev.coracle.criruntime.BusyboxImage;
import dev.coracle.criruntime.CriClient;
import dev.coracle.criruntime.TestVertx;
import dev.coracle.criruntime.config.NetworkOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods on Docker go on when the shim ends and when the daemon does. */
class DockerSurvivalTest {
  private static final Duration SOON = Duration.ofSeconds(30);

  /** Counts until there is a file, and says so with its last line. */
  private static final String COUNTER =
      "i=1; while [ ! -e /tmp/stop ]; do echo line $i; i=$((i+1)); usleep 20000; done; echo last; sleep 1; exit 7";

  @TempDir Path logs;
  private Vertx vertx;
  private DockerDaemon daemon;
  private Path root;
  private DockerOptions options;
  private DockerRuntime runtime;
  private CriClient cri;
  private boolean running;

  @BeforeEach
  void start() throws Exception {
    daemon = DockerDaemon.start();
    daemon.load(BusyboxImage.builder());
    vertx = TestVertx.create();
    root = Files.createTempDirectory(Path.of("/tmp"), "dks");
    options =
        DockerOptions.of(root, daemon.socket(), "d" + UUID.randomUUID().toString().substring(0, 5))
            .withNetwork(
                NetworkOptions.defaults()
                    .withCni(root.resolve("no-cni"), List.of())
                    .withPodCidr("10.199.61.0/24"));
    startShim();
  }

  private void startShim() {
    running = true;
    runtime = new DockerRuntime(vertx, options, new SimpleMeterRegistry());
    runtime.start().await().atMost(SOON);
    cri = new CriClient(vertx, options.socket());
  }

  private void stopShim(boolean keepPods) {
    running = false;
    cri.close();
    runtime.stop(keepPods).await().atMost(SOON);
  }

  @AfterEach
  void stop() throws Exception {
    try {
      if (runtime != null) {
        if (!running) {
          startShim();
        }
        stopShim(false);
        Files.delete(root.resolve("sandboxes"));
        Files.delete(root);
      }
      if (vertx != null) {
        CriClient.get(vertx.close());
      }
    } finally {
      if (daemon != null) {
        daemon.close();
      }
    }
  }

  private PodSandboxConfig pod(String name) {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName(name)
                .setNamespace("default")
                .setUid(UUID.randomUUID().toString()))
        .setHostname(name)
        .setLogDirectory(logs.toString())
        .build();
  }

  private static ContainerConfig shell(String name, String script) {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage(BusyboxImage.NAME))
        .addCommand("sh")
        .addCommand("-c")
        .addArgs(script)
        .setLogPath(name + ".log")
        .build();
  }

  private List<String> lines(String name) throws IOException {
    return Files.readAllLines(logs.resolve(name + ".log")).stream()
        .map(l -> l.split(" ", 4)[3])
        .toList();
  }

  private void awaitLines(String name, int count) {
    await().atMost(SOON).until(() -> lines(name).size() >= count);
  }

  /** Every line once, in order. */
  private void assertComplete(String name) throws IOException {
    List<String> lines = lines(name);
    assertThat(lines.getLast()).isEqualTo("last");
    assertThat(lines.subList(0, lines.size() - 1))
        .isEqualTo(IntStream.range(1, lines.size()).mapToObj(i -> "line " + i).toList());
  }

  private static String machine() throws Exception {
    StringBuilder all = new StringBuilder();
    for (String command : new String[] {"ip -o link", "nft list tables"}) {
      Process process = new ProcessBuilder(command.split(" ")).redirectErrorStream(true).start();
      all.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      process.waitFor();
    }
    return all.toString();
  }

  @Test
  void aStartThatFailsLeavesNothingButWhatPodsNeed() throws Exception {
    String bridge = "cor-" + options.clusterId();
    cri.run(pod("stays"));
    assertThat(machine()).contains(bridge);
    stopShim(true);
    // Nothing can listen where a directory stands that is not empty.
    Files.createDirectories(options.socket().resolve("x"));
    failToStart();
    assertThat(machine()).as("a pod is there").contains(bridge);
    Files.delete(options.socket().resolve("x"));
    Files.delete(options.socket());
    startShim();
    stopShim(false);
    Files.createDirectories(options.socket().resolve("x"));
    failToStart();
    assertThat(machine()).as("there is no pod").doesNotContain(options.clusterId());
    Files.delete(options.socket().resolve("x"));
    Files.delete(options.socket());
  }

  private void failToStart() {
    runtime = new DockerRuntime(vertx, options, new SimpleMeterRegistry());
    assertThatThrownBy(() -> runtime.start().await().atMost(SOON))
        .hasRootCauseInstanceOf(DirectoryNotEmptyException.class);
  }

  @Test
  void aLaterShimGoesOnWithPodsAndTheirLogs() throws Exception {
    PodSandboxConfig pod = pod("first");
    String sandbox = cri.run(pod);
    String container = cri.create(sandbox, pod, shell("c", COUNTER));
    cri.start(container);
    awaitLines("c", 10);
    String ip = cri.sandboxStatus(sandbox).getNetwork().getIp();
    stopShim(true);
    int before = lines("c").size();
    startShim();
    assertThat(cri.sandboxStatus(sandbox).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(cri.sandboxStatus(sandbox).getNetwork().getIp()).isEqualTo(ip);
    assertThat(cri.containerStatus(container).getState())
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
    awaitLines("c", before + 10);
    assertThat(cri.exec(container, "touch", "/tmp/stop").getExitCode()).isZero();
    await()
        .atMost(SOON)
        .until(() -> cri.containerStatus(container).getState() == ContainerState.CONTAINER_EXITED);
    assertThat(cri.containerStatus(container).getExitCode()).isEqualTo(7);
    assertComplete("c");
    PodSandboxConfig other = pod("second");
    assertThat(cri.sandboxStatus(cri.run(other)).getNetwork().getIp()).isNotEqualTo(ip);
  }

  @Test
  void whatEndedWhileNobodyLookedIsKnownWithItsLastWords() throws Exception {
    PodSandboxConfig pod = pod("alone");
    String sandbox = cri.run(pod);
    String container = cri.create(sandbox, pod, shell("c", COUNTER));
    cri.start(container);
    awaitLines("c", 3);
    stopShim(true);
    daemon.docker("exec", container, "touch", "/tmp/stop");
    daemon.docker("wait", container);
    startShim();
    assertThat(cri.containerStatus(container).getExitCode()).isEqualTo(7);
    assertComplete("c");
  }

  @Test
  void podsAndLogsAndEventsGoOnWhenTheDaemonComesBack() throws Exception {
    PodSandboxConfig pod = pod("daemon");
    String sandbox = cri.run(pod);
    String container = cri.create(sandbox, pod, shell("c", COUNTER));
    cri.start(container);
    awaitLines("c", 3);
    List<ContainerEventResponse> events = cri.events();
    daemon.end();
    assertThat(cri.status().getStatus().getConditionsList())
        .filteredOn(c -> !c.getStatus())
        .extracting(RuntimeCondition::getReason)
        .containsExactly("DockerDaemonNotReady");
    daemon.restart();
    int before = lines("c").size();
    awaitLines("c", before + 10);
    cri.exec(container, "touch", "/tmp/stop");
    await()
        .atMost(SOON)
        .until(() ->
            events.stream()
                .anyMatch(e ->
                    e.getContainerId().equals(container)
                        && e.getContainerEventType()
                            == ContainerEventType.CONTAINER_STOPPED_EVENT));
    assertThat(cri.containerStatus(container).getExitCode()).isEqualTo(7);
    assertComplete("c");
  }
}
