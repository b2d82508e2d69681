package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.container.HostTools;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The contract on our own runtime, with one way of running containers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BuiltInContractSuite extends CriContractSuite {
  final RuntimeChoice choice;
  Vertx vertx;
  Path root;
  CriRuntimeOptions options;
  CriRuntime runtime;
  CriClient client;

  BuiltInContractSuite(RuntimeChoice choice) {
    this.choice = choice;
  }

  @BeforeAll
  void startRuntime() throws IOException {
    vertx = TestVertx.create();
    assumeTrue(vertx.isNativeTransportEnabled(), "needs Netty's native epoll");
    root = Files.createTempDirectory(Path.of("/tmp"), "cri");
    String id = UUID.randomUUID().toString().substring(0, 6);
    options =
        CriRuntimeOptions.of(root, id)
            .withRuntime(choice)
            .withNetwork(
                NetworkOptions.defaults()
                    .withCni(root.resolve("no-cni"), List.of())
                    .withPodCidr(cidr()));
    try {
      runtime = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    } catch (IllegalStateException e) {
      assumeTrue(false, e.getMessage());
    }
    BusyboxImage.builder().buildInto(runtime.images());
    start();
  }

  /** A range that no other test class uses. */
  String cidr() {
    return "10.199." + choice.ordinal() + ".0/24";
  }

  void start() {
    runtime.start().await().atMost(Duration.ofSeconds(20));
    client = new CriClient(vertx, options.socket());
  }

  @AfterAll
  void stopRuntime() throws IOException {
    if (client != null) {
      client.close();
    }
    if (runtime != null) {
      runtime.stop(false).await().atMost(Duration.ofSeconds(20));
    }
    if (vertx != null) {
      CriClient.get(vertx.close());
    }
    dev.coracle.criruntime.internal.image.FileTrees.delete(root);
  }

  @Override
  protected Vertx vertx() {
    return vertx;
  }

  @Override
  protected CriClient client() {
    return client;
  }

  @Override
  protected String image() {
    return BusyboxImage.NAME;
  }

  /** As on a disk without room for one more file. */
  private Path unwritable(String kind, String id) throws IOException {
    return Files.createDirectories(root.resolve(kind).resolve(id).resolve("state.json.next/full"));
  }

  @Test
  void whatEndsHasEndedAlsoWhereThatCannotBeWrittenDown() throws IOException {
    PodSandboxConfig pod = pod("full").build();
    String sandbox = run(pod);
    String container = started(sandbox, pod, shell("c", "sleep 1000").build());
    unwritable("containers", container);
    unwritable("sandboxes", sandbox);

    cri.stop(container, 0);
    assertThat(awaitExit(container).getExitCode()).isEqualTo(137);
    cri.stopSandbox(sandbox);
    assertThat(cri.sandboxStatus(sandbox).getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);

    // The next JVM finds what was written before, and that it is no longer so.
    client.close();
    runtime.stop(true).await().atMost(Duration.ofSeconds(20));
    runtime = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    start();
    cri = client();
    assertThat(awaitExit(container).getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    // Without namespaces nothing tells it from one that stands; it is stopped once more.
    assertThat(cri.sandboxStatus(sandbox).getState())
        .isEqualTo(isolates() ? PodSandboxState.SANDBOX_NOTREADY : PodSandboxState.SANDBOX_READY);
    cri.remove(container);
    cri.removeSandbox(sandbox);
  }

  /** A directory in three layers: the second adds to it and takes away, the third is elsewhere. */
  static final String LAYERED = "localhost/test/layered:1";

  void loadLayeredImage() throws IOException {
    runtime
        .images()
        .load(
            LayeredImage.write(
                root.resolve("layered.tar"),
                LAYERED,
                tar -> {
                  tar.directory("data", 0755);
                  tar.directory("data/in", 0755);
                  tar.file("data/in/first", 0644, LayeredImage.text("1"));
                  tar.file("data/in/gone", 0644, LayeredImage.text("1"));
                },
                tar -> {
                  tar.directory("data", 0755);
                  tar.directory("data/in", 0755);
                  tar.file("data/in/second", 0644, LayeredImage.text("2"));
                  tar.file("data/in/.wh.gone", 0644, new byte[0]);
                },
                tar -> tar.file("other", 0644, LayeredImage.text("3"))));
  }

  static Mount layered(String sub, String at) {
    return Mount.newBuilder()
        .setImage(ImageSpec.newBuilder().setImage(LAYERED))
        .setImageSubPath(sub)
        .setContainerPath(at)
        .setReadonly(true)
        .build();
  }

  void mountsPartsOfImages() throws IOException {
    loadLayeredImage();
    ContainerConfig.Builder config =
        shell("parts", "cd /sub; echo *; cat first second; touch x 2>/dev/null || cat /one")
            .addMounts(layered("data/in", "/sub"))
            .addMounts(layered("other", "/one"));
    assertThat(output(config)).isEqualTo("first second\n123");
    PodSandboxConfig pod = pod("lost").build();
    String sandbox = run(pod);
    assertThatThrownBy(() ->
            started(sandbox, pod, shell("c", "true").addMounts(layered("data/gone", "/x")).build()))
        .hasMessageContaining("ImageVolumeMountFailed: no such path in " + LAYERED + ": data/gone");
  }

  static final int HOST_ID = 131072;

  static UserNamespace users() {
    IDMapping ids = IDMapping.newBuilder().setHostId(HOST_ID).setLength(65536).build();
    return UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids).build();
  }

  final PodSandboxConfig podWithUsers(String name, NamespaceMode pid) {
    PodSandboxConfig.Builder pod = pod(name);
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .setNamespaceOptions(NamespaceOption.newBuilder().setPid(pid).setUsernsOptions(users()));
    return pod.build();
  }

  @Test
  void usersThatMakeNoSenseAreRefused() {
    PodSandboxConfig.Builder pod = pod("usernsbad");
    NamespaceOption.Builder options =
        pod.getLinuxBuilder().getSecurityContextBuilder().getNamespaceOptionsBuilder();
    options.setUsernsOptions(UserNamespace.newBuilder().setMode(NamespaceMode.POD));
    assertThatThrownBy(() -> run(pod.build()))
        .isInstanceOf(CriClient.Refused.class)
        .hasMessageContaining("uid 0 is not mapped");
    options.setUsernsOptions(users()).setNetwork(NamespaceMode.NODE);
    assertThatThrownBy(() -> run(pod.build()))
        .isInstanceOf(CriClient.Refused.class)
        .hasMessageContaining("network, IPC and PID namespaces of its own");
  }

  /** Neither where the kernel has no AppArmor, nor where it knows no such profile. */
  @Test
  void whatIsToBeConfinedDoesNotRunUnconfined() {
    PodSandboxConfig pod = pod("confined").build();
    String sandbox = run(pod);
    ContainerConfig.Builder c = shell("c", "sleep 300");
    c.getLinuxBuilder()
        .getSecurityContextBuilder()
        .setApparmor(
            SecurityProfile.newBuilder()
                .setProfileType(SecurityProfile.ProfileType.Localhost)
                .setLocalhostRef("no-such-profile"));
    assertThatThrownBy(() -> started(sandbox, pod, c.build()))
        .isInstanceOf(CriClient.Refused.class)
        .hasMessageContaining("apparmor");
    SecurityProfile.Builder none =
        SecurityProfile.newBuilder().setProfileType(SecurityProfile.ProfileType.RuntimeDefault);
    c.getLinuxBuilder().getSecurityContextBuilder().setApparmor(none);
    String container = started(sandbox, pod, c.build());
    cri.stop(container, 0);
  }

  /** Whatever the runtime itself has: what is run by hand goes no later than its container. */
  @Test
  void whatIsRunByHandIsKilledAsSoonAsItsContainer() {
    PodSandboxConfig pod = pod("score").build();
    ContainerConfig.Builder c = shell("c", "cat /proc/self/oom_score_adj; sleep 300");
    c.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(900);
    String id = started(run(pod), pod, c.build());
    assertThat(
            cri.exec(
                    id,
                    "sh",
                    "-c",
                    """
                    for i in $(seq 100); do
                      score=$(cat /proc/self/oom_score_adj)
                      [ "$score" = 900 ] && break
                      sleep 0.1
                    done
                    echo "$score"
                    """)
                .getStdout()
                .toStringUtf8())
        .isEqualTo("900\n");
  }

  /** On a hybrid host crun takes a container's processes out of the unified hierarchy's group. */
  private boolean tellsPressure() {
    CgroupHost host = CgroupHost.detect();
    return Files.exists(Path.of("/proc/pressure/cpu"))
        && (host.isV2() || host.isHybrid() && choice != RuntimeChoice.CRUN);
  }

  /** A container that may use a hundredth of a CPU and wants a whole one waits nearly always. */
  @Test
  void tellsHowLongAContainerWaitsForACpu() {
    assumeTrue(isolates(), "plain processes may have no cgroup");
    PodSandboxConfig pod = pod("pressure").build();
    ContainerConfig.Builder c = shell("c", "while :; do :; done");
    c.getLinuxBuilder().getResourcesBuilder().setCpuQuota(1_000).setCpuPeriod(100_000);
    String id = started(run(pod), pod, c.build());
    ContainerStatsRequest asked = ContainerStatsRequest.newBuilder().setContainerId(id).build();
    if (!tellsPressure()) {
      ContainerStats stats = stats(asked);
      assertThat(stats.getCpu().hasPsi()).isFalse();
      assertThat(stats.hasIo()).isFalse();
      return;
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(stats(asked).getCpu().getPsi().getFull().getTotal())
                .as("microseconds")
                .isGreaterThan(1_000_000));
    assertThat(stats(asked).getMemory().hasPsi()).isTrue();
    assertThat(stats(asked).getIo().hasPsi()).isTrue();
  }

  private ContainerStats stats(ContainerStatsRequest asked) {
    return cri.runtime("ContainerStats", asked, ContainerStatsResponse.getDefaultInstance())
        .getStats();
  }

  private boolean canCheckpoint() throws IOException {
    return choice == RuntimeChoice.RUNC
        && HostTools.find("criu").isPresent()
        && HostTools.run("", List.of(HostTools.find("criu").get().toString(), "check")).code() == 0;
  }

  /** By runc with a CRIU that works with this kernel; else it is said what is missing. */
  @Test
  void writesACheckpointOrSaysWhatIsMissing() throws IOException {
    PodSandboxConfig pod = pod("checkpointed").build();
    boolean can = canCheckpoint();
    String script =
        (can ? "echo changed > /made; mkdir /bin/sub; rm /bin/wget; " : "")
            + "i=0; while true; do i=$((i+1)); echo $i; usleep 50000; done";
    String id = started(run(pod), pod, shell("c", script).build());
    await().atMost(Duration.ofSeconds(20)).until(() -> log("c").contains("2\n"));
    Path archive = root.resolve("checkpoint.tar");
    CheckpointContainerRequest request =
        CheckpointContainerRequest.newBuilder()
            .setContainerId(id)
            .setLocation(archive.toString())
            .build();
    if (!can) {
      assertThatThrownBy(() -> checkpoint(request))
          .isInstanceOf(CriClient.Refused.class)
          .hasMessageStartingWith(GrpcStatus.UNIMPLEMENTED + ": checkpoints need ");
      assertThat(archive).doesNotExist();
      return;
    }
    checkpoint(request);
    assertThat(entries(archive))
        .contains(
            "checkpoint/",
            "checkpoint/inventory.img",
            "checkpoint/pages-1.img",
            "rootfs-diff.tar",
            "spec.dump",
            "config.dump",
            "dump.log");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
        .isEqualTo("rw-------");
    HostTools.run("", List.of("tar", "-C", root.toString(), "-xf", archive.toString()))
        .orThrow("tar");
    assertThat(entries(root.resolve("rootfs-diff.tar")))
        .contains("made", "bin/", "bin/sub/", "bin/.wh.wget");
    assertThat(Files.readString(root.resolve("config.dump"))).contains(id, image());
    assertThat(client.containerStatus(id).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
    String before = log("c");
    await().atMost(Duration.ofSeconds(20)).until(() -> log("c").length() > before.length());
  }

  private void checkpoint(CheckpointContainerRequest request) {
    client.runtime(
        "CheckpointContainer", request, CheckpointContainerResponse.getDefaultInstance());
  }

  private static List<String> entries(Path tar) throws IOException {
    return HostTools.run("", List.of("tar", "-tf", tar.toString()))
        .orThrow("tar")
        .output()
        .lines()
        .toList();
  }

  /** Whose input is not ended with the first client's: kubectl's {@code --leave-stdin-open}. */
  @Test
  void lettingGoOfTheInputEndsTheSessionAndNotTheContainer() throws Exception {
    PodSandboxConfig pod = pod("open").build();
    ContainerConfig config = shell("c", "cat; echo end").setStdin(true).build();
    String id = started(run(pod), pod, config);
    for (String line : List.of("one\n", "two\n")) {
      try (WebSocketSession s = stream(attachUrl(id, false))) {
        s.send(0, line);
        await().untilAsserted(() -> assertThat(s.text(1)).contains(line));
        s.send(255, "\0");
        s.closed.get(10, TimeUnit.SECONDS);
        assertThat(s.text(3)).contains("Success");
      }
    }
    assertThat(cri.containerStatus(id).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }
}
