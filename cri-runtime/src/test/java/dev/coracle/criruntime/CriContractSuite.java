package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cri.v1.*;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.pollinterval.PollInterval;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kubelet relies on, of any CRI runtime behind a UNIX socket. */
public abstract class CriContractSuite {
  /** A runtime that is asked all the time gets to nothing else: after 10 ms, 20, 40, 80, 100, … */
  private static final PollInterval GROWING =
      (_, before) -> Duration.ofMillis(Math.clamp(2 * before.toMillis(), 10, 100));

  @TempDir protected Path logs;
  protected CriClient cri;
  private final List<String> sandboxes = new ArrayList<>();

  /** A client of the runtime under test. */
  protected abstract CriClient client();

  protected abstract io.vertx.core.Vertx vertx();

  /** The WebSocket protocol of exec and attach. */
  protected String streamProtocol() {
    return "v5.channel.k8s.io";
  }

  /** An image with busybox's commands that the runtime has. */
  protected abstract String image();

  /** Whether containers have namespaces and limits. */
  protected boolean isolates() {
    return true;
  }

  /**
   * Whether the runtime may not learn that the kernel killed a container for want of memory. Its
   * clients then have the kernel's log.
   */
  protected boolean missesKills() {
    return false;
  }

  /** Whether it has GetContainerEvents. */
  protected boolean tellsEvents() {
    return true;
  }

  protected String cgroupParent() {
    return "";
  }

  @BeforeEach
  void connect() {
    cri = client();
  }

  @AfterEach
  void removePods() {
    List<String> mine = List.copyOf(sandboxes);
    sandboxes.clear();
    for (String s : mine) {
      cri.stopSandbox(s);
      cri.removeSandbox(s);
    }
  }

  protected PodSandboxConfig.Builder pod(String name) {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName(name)
                .setNamespace("default")
                .setUid(UUID.randomUUID().toString()))
        .setHostname(name)
        .setLogDirectory(logs.toString())
        .putLabels("app", name)
        .setDnsConfig(
            DNSConfig.newBuilder().addServers("10.96.0.10").addSearches("default.svc.test"))
        .setLinux(
            LinuxPodSandboxConfig.newBuilder()
                .setCgroupParent(cgroupParent())
                .setSecurityContext(
                    LinuxSandboxSecurityContext.newBuilder()
                        .setNamespaceOptions(
                            NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER))));
  }

  protected String run(PodSandboxConfig config) {
    String id = cri.run(config);
    sandboxes.add(id);
    return id;
  }

  protected ContainerConfig.Builder shell(String name, String script) {
    return ContainerConfig.newBuilder()
        .setMetadata(ContainerMetadata.newBuilder().setName(name))
        .setImage(ImageSpec.newBuilder().setImage(image()))
        .addCommand("sh")
        .addCommand("-c")
        .addArgs(script)
        .setLogPath(name + ".log")
        .putLabels("container", name)
        .setLinux(
            LinuxContainerConfig.newBuilder()
                .setSecurityContext(
                    LinuxContainerSecurityContext.newBuilder()
                        .setNamespaceOptions(
                            NamespaceOption.newBuilder().setPid(NamespaceMode.CONTAINER))));
  }

  static LinuxContainerSecurityContext.Builder security(ContainerConfig.Builder c) {
    return c.getLinuxBuilder().getSecurityContextBuilder();
  }

  protected String started(String sandbox, PodSandboxConfig pod, ContainerConfig config) {
    String id = cri.create(sandbox, pod, config);
    cri.start(id);
    return id;
  }

  protected ContainerStatus awaitExit(String id) {
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(GROWING)
        .until(() -> cri.containerStatus(id).getState() == ContainerState.CONTAINER_EXITED);
    return cri.containerStatus(id);
  }

  /** The text of a log, without times, joined parts included. */
  protected String log(String name) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : Files.readAllLines(logs.resolve(name + ".log"))) {
      String[] f = line.split(" ", 4);
      assertThat(f[0]).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d+(Z|[+-].*)");
      assertThat(f[1]).isIn("stdout", "stderr");
      text.append(f.length > 3 ? f[3] : "").append(f[2].equals("F") ? "\n" : "");
    }
    return text.toString();
  }

  String output(String script) throws IOException {
    return output(shell("c", script));
  }

  protected String output(ContainerConfig.Builder config) throws IOException {
    PodSandboxConfig pod = pod("out").build();
    String id = started(run(pod), pod, config.build());
    ContainerStatus status = awaitExit(id);
    String text = log(config.getMetadata().getName());
    assertThat(status.getExitCode()).as(text).isZero();
    return text;
  }

  @Test
  void saysWhoItIsAndThatItIsReady() {
    assertThat(cri.version().getRuntimeApiVersion()).isEqualTo("v1");
    assertThat(cri.status().getStatus().getConditionsList())
        .filteredOn(c -> c.getType().equals("RuntimeReady") || c.getType().equals("NetworkReady"))
        .hasSize(2)
        .allMatch(RuntimeCondition::getStatus);
  }

  @Test
  void runsAContainerToItsEnd() throws IOException {
    PodSandboxConfig pod = pod("life").build();
    String sandbox = run(pod);
    PodSandboxStatus s = cri.sandboxStatus(sandbox);
    assertThat(s.getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(s.getMetadata()).isEqualTo(pod.getMetadata());
    assertThat(s.getNetwork().getIp()).isNotEmpty();
    String id = cri.create(sandbox, pod, shell("c", "echo out; echo err >&2; exit 3").build());
    assertThat(cri.containerStatus(id).getState()).isEqualTo(ContainerState.CONTAINER_CREATED);
    cri.start(id);
    ContainerStatus status = awaitExit(id);
    assertThat(status.getExitCode()).isEqualTo(3);
    assertThat(status.getReason()).isEqualTo("Error");
    assertThat(status.getStartedAt()).isGreaterThanOrEqualTo(status.getCreatedAt());
    // Who notices first is not agreed on: a short life may end before its start is written down.
    assertThat(status.getFinishedAt()).isGreaterThan(status.getStartedAt() - 1_000_000_000L);
    assertThat(log("c").lines()).containsExactlyInAnyOrder("out", "err");
    cri.remove(id);
    cri.remove(id);
    assertThatThrownBy(() -> cri.containerStatus(id)).isInstanceOf(CriClient.Refused.class);
    cri.stopSandbox(sandbox);
    cri.stopSandbox(sandbox);
    assertThat(cri.sandboxStatus(sandbox).getState()).isEqualTo(PodSandboxState.SANDBOX_NOTREADY);
    cri.removeSandbox(sandbox);
    cri.removeSandbox(sandbox);
    sandboxes.remove(sandbox);
  }

  @Test
  void successIsCompleted() {
    PodSandboxConfig pod = pod("ok").build();
    ContainerStatus status = awaitExit(started(run(pod), pod, shell("c", "true").build()));
    assertThat(status.getExitCode()).isZero();
    assertThat(status.getReason()).isEqualTo("Completed");
  }

  @Test
  void tellsWhatHappens() {
    assumeTrue(tellsEvents(), "this runtime is older than GetContainerEvents");
    List<ContainerEventResponse> events = cri.events();
    PodSandboxConfig pod = pod("events").build();
    String id = started(run(pod), pod, shell("c", "exit 0").build());
    awaitExit(id);
    cri.remove(id);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(events)
                .filteredOn(e -> e.getContainerId().equals(id))
                .extracting(ContainerEventResponse::getContainerEventType)
                .containsExactly(
                    ContainerEventType.CONTAINER_CREATED_EVENT,
                    ContainerEventType.CONTAINER_STARTED_EVENT,
                    ContainerEventType.CONTAINER_STOPPED_EVENT,
                    ContainerEventType.CONTAINER_DELETED_EVENT));
    assertThat(events)
        .filteredOn(e ->
            e.getContainerId().equals(id)
                && e.getContainerEventType() == ContainerEventType.CONTAINER_STOPPED_EVENT)
        .allMatch(e ->
            e.getContainersStatusesList().stream()
                .anyMatch(c -> c.getState() == ContainerState.CONTAINER_EXITED));
  }

  @Test
  void stopsWithTheSignalAndThenKills() {
    PodSandboxConfig pod = pod("stop").build();
    String sandbox = run(pod);
    String polite =
        started(
            sandbox,
            pod,
            shell("polite", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done").build());
    String stubborn = started(sandbox, pod, shell("stubborn", "trap '' TERM; sleep 300").build());
    await().until(() -> log("polite").contains("up"));
    cri.stop(polite, 10);
    assertThat(cri.containerStatus(polite).getExitCode()).isEqualTo(7);
    cri.stop(stubborn, 1);
    assertThat(cri.containerStatus(stubborn).getExitCode()).isEqualTo(137);
    cri.stop(stubborn, 1);
  }

  @Test
  void aCommandThatIsNotThereIsAStartError() {
    startFails(
        "missing",
        "no-such-command",
        "exec: \"no-such-command\": executable file not found in $PATH");
  }

  @Test
  void aCommandThatMayNotBeExecutedIsAStartError() {
    assumeTrue(isolates(), "plain processes have the host's root");
    startFails("denied", "/etc/passwd", "exec: \"/etc/passwd\": permission denied");
  }

  private void startFails(String name, String command, String why) {
    PodSandboxConfig pod = pod(name).build();
    String sandbox = run(pod);
    ContainerConfig config = shell("c", "").clearCommand().clearArgs().addCommand(command).build();
    String id = cri.create(sandbox, pod, config);
    assertThatThrownBy(() -> cri.start(id))
        .isInstanceOf(CriClient.Refused.class)
        .hasMessageContaining(why);
    ContainerStatus status = cri.containerStatus(id);
    assertThat(status.getState()).isEqualTo(ContainerState.CONTAINER_EXITED);
    assertThat(status.getExitCode()).isEqualTo(128);
    assertThat(status.getReason()).isEqualTo("StartError");
  }

  @Test
  void execsAndTellsCodesAndTimeouts() {
    PodSandboxConfig pod = pod("exec").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    ExecSyncResponse r = cri.exec(id, "sh", "-c", "echo out; echo err >&2; exit 5");
    assertThat(r.getStdout().toStringUtf8()).isEqualTo("out\n");
    assertThat(r.getStderr().toStringUtf8()).isEqualTo("err\n");
    assertThat(r.getExitCode()).isEqualTo(5);
    assertThatThrownBy(() -> cri.exec(id, 1, "sleep", "100"))
        .isInstanceOfSatisfying(
            CriClient.Refused.class,
            e -> assertThat(e.status).isEqualTo(io.vertx.grpc.common.GrpcStatus.DEADLINE_EXCEEDED));
    assertThatThrownBy(() -> cri.exec(id, "no-such-command"))
        .hasMessageContaining("executable file not found in $PATH");
  }

  @Test
  void passesEnvironmentAndWorkingDirectory() throws IOException {
    ContainerConfig.Builder c =
        shell("c", "env; pwd")
            .addEnvs(KeyValue.newBuilder().setKey("A").setValue("it's \"quoted\" $HOME"))
            .setWorkingDir("/new/dir");
    String text = output(c);
    assertThat(text).contains("A=it's \"quoted\" $HOME\n").contains("FROM_IMAGE=yes\n");
    assertThat(text).contains("/new/dir\n");
  }

  @Test
  void mountsVolumes() throws IOException {
    Path volume = Files.createDirectory(logs.resolve("volume"));
    Files.writeString(volume.resolve("greeting"), "hello\n");
    ContainerConfig.Builder c =
        shell(
                "c",
                (isolates() ? "cd /" : "cd $CORACLE_ROOTFS")
                    + "; cat data/greeting; echo more > data/new")
            .addMounts(Mount.newBuilder().setHostPath(volume.toString()).setContainerPath("/data"));
    assertThat(output(c)).isEqualTo("hello\n");
    assertThat(volume.resolve("new")).hasContent("more");
  }

  @Test
  void filtersLists() {
    PodSandboxConfig pod = pod("list-" + UUID.randomUUID()).build();
    String sandbox = run(pod);
    String id = started(sandbox, pod, shell("c", "sleep 300").build());
    ListPodSandboxResponse pods =
        cri.runtime(
            "ListPodSandbox",
            ListPodSandboxRequest.newBuilder()
                .setFilter(
                    PodSandboxFilter.newBuilder()
                        .putLabelSelector("app", pod.getMetadata().getName())
                        .setState(
                            PodSandboxStateValue.newBuilder()
                                .setState(PodSandboxState.SANDBOX_READY)))
                .build(),
            ListPodSandboxResponse.getDefaultInstance());
    assertThat(pods.getItemsList()).extracting(PodSandbox::getId).containsExactly(sandbox);
    ListContainersResponse containers =
        cri.runtime(
            "ListContainers",
            ListContainersRequest.newBuilder()
                .setFilter(
                    ContainerFilter.newBuilder()
                        .setPodSandboxId(sandbox)
                        .setState(
                            ContainerStateValue.newBuilder()
                                .setState(ContainerState.CONTAINER_RUNNING)))
                .build(),
            ListContainersResponse.getDefaultInstance());
    assertThat(containers.getContainersList())
        .extracting(dev.coracle.cri.v1.Container::getId)
        .containsExactly(id);
  }

  @Test
  void reopensLogs() {
    PodSandboxConfig pod = pod("rotate").build();
    String id =
        started(
            run(pod),
            pod,
            shell("c", "i=0; while :; do echo $i; i=$((i+1)); sleep 0.02; done").build());
    Path log = logs.resolve("c.log");
    await().until(() -> Files.exists(log) && Files.size(log) > 100);
    assertThat(log.toFile().renameTo(logs.resolve("c.log.old").toFile())).isTrue();
    cri.runtime(
        "ReopenContainerLog",
        ReopenContainerLogRequest.newBuilder().setContainerId(id).build(),
        ReopenContainerLogResponse.getDefaultInstance());
    await().until(() -> Files.exists(log) && Files.size(log) > 100);
  }

  @Test
  void isolatesProcessesAndHostname() throws IOException {
    assumeTrue(isolates(), "plain processes share the host's namespaces");
    String text = output("echo pid $$; hostname; ps | wc -l; cat /etc/resolv.conf");
    assertThat(text).contains("pid 1\n").contains("out\n").contains("nameserver 10.96.0.10");
    assertThat(text).contains("search default.svc.test");
  }

  @Test
  void runsAsUserWithGroups() throws IOException {
    assumeTrue(isolates(), "plain processes run as this user");
    ContainerConfig.Builder c = shell("c", "id -u; id -g; id -G; grep Cap /proc/self/status");
    security(c)
        .setRunAsUser(Int64Value.newBuilder().setValue(1000))
        .addSupplementalGroups(77)
        .getCapabilitiesBuilder()
        .addDropCapabilities("ALL");
    String text = output(c);
    assertThat(text).startsWith("1000\n1000\n");
    assertThat(text.lines().toList().get(2).split(" ")).contains("1000", "50", "77");
    assertThat(text)
        .contains("CapBnd:\t0000000000000000")
        .contains("CapEff:\t0000000000000000")
        .contains("CapInh:\t0000000000000000");
  }

  @Test
  void dropsAndAddsCapabilitiesOfRoot() throws IOException {
    assumeTrue(isolates(), "plain processes keep what they have");
    ContainerConfig.Builder c = shell("c", "grep CapEff /proc/self/status");
    security(c)
        .getCapabilitiesBuilder()
        .addDropCapabilities("ALL")
        .addAddCapabilities("NET_BIND_SERVICE");
    assertThat(output(c)).contains("CapEff:\t0000000000000400");
  }

  @Test
  void setsNoNewPrivilegesAndReadOnlyRoot() throws IOException {
    assumeTrue(isolates(), "plain processes have the host's root");
    ContainerConfig.Builder c =
        shell(
            "c", "grep NoNewPrivs /proc/self/status; touch /x 2>&1; touch /dev/shm/y && echo shm");
    security(c).setNoNewPrivs(true).setReadonlyRootfs(true);
    assertThat(output(c))
        .contains("NoNewPrivs:\t1")
        .contains("Read-only file system")
        .contains("shm");
  }

  @Test
  void mountsReadOnly() throws IOException {
    assumeTrue(isolates(), "plain processes see volumes as they are");
    Path volume = Files.createDirectory(logs.resolve("volume"));
    ContainerConfig.Builder c =
        shell("c", "touch /data/x 2>&1 || true")
            .addMounts(
                Mount.newBuilder()
                    .setHostPath(volume.toString())
                    .setContainerPath("/data")
                    .setReadonly(true));
    assertThat(output(c)).contains("Read-only file system");
  }

  @Test
  void mountsReachTheHostAndTheContainerAsAsked() throws Exception {
    assumeTrue(isolates(), "plain processes see the host's mounts");
    assumeTrue("root".equals(System.getProperty("user.name")), "mounting needs root");
    Path volume = Files.createDirectory(logs.resolve("volume"));
    host("mount", "-t", "tmpfs", "none", volume.toString());
    try {
      host("mount", "--make-shared", volume.toString());
      for (String name : List.of("both", "slave", "private", "late", "before")) {
        Files.createDirectory(volume.resolve(name));
      }
      host("mount", "-t", "tmpfs", "none", volume.resolve("before").toString());
      Files.createFile(volume.resolve("before/made"));
      output(mounting(volume, "both", "", MountPropagation.PROPAGATION_BIDIRECTIONAL));
      assertThat(volume.resolve("both/made")).exists();
      output(mounting(volume, "private", "", MountPropagation.PROPAGATION_PRIVATE));
      assertThat(volume.resolve("private/made")).doesNotExist();
      PodSandboxConfig pod = pod("slave").build();
      String wait = "until [ -e /v/late/made ]; do sleep 0.05; done";
      String id =
          started(
              run(pod),
              pod,
              mounting(volume, "slave", wait, MountPropagation.PROPAGATION_HOST_TO_CONTAINER)
                  .build());
      host("mount", "-t", "tmpfs", "none", volume.resolve("late").toString());
      Files.createFile(volume.resolve("late/made"));
      assertThat(awaitExit(id).getExitCode()).isZero();
      assertThat(volume.resolve("slave/made")).doesNotExist();
      assertThat(volume.resolve("before/made")).as("nothing of the host is unmounted").exists();
    } finally {
      host("umount", "--recursive", volume.toString());
    }
  }

  /** Mounts a tmpfs at a directory of the volume, with a file in it. */
  private ContainerConfig.Builder mounting(
      Path volume, String name, String then, MountPropagation propagation) {
    String at = "/v/" + name;
    ContainerConfig.Builder c =
        shell(name, "set -e; mount -t tmpfs none " + at + "; touch " + at + "/made; " + then)
            .addMounts(
                Mount.newBuilder()
                    .setHostPath(volume.toString())
                    .setContainerPath("/v")
                    .setPropagation(propagation));
    security(c).setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"));
    return c;
  }

  private static void host(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
  }

  @Test
  void masksPaths() throws IOException {
    assumeTrue(isolates(), "plain processes see all of the host");
    ContainerConfig.Builder c =
        shell(
            "c",
            "cat /proc/meminfo; ls /proc/tty; echo 1 2>&1 > /proc/sys/kernel/domainname; echo end");
    security(c)
        .addMaskedPaths("/proc/meminfo")
        .addMaskedPaths("/proc/tty")
        .addMaskedPaths("/proc/no-such-file")
        .addReadonlyPaths("/proc/sys");
    String text = output(c);
    assertThat(text).endsWith("Read-only file system\nend\n").doesNotContain("MemTotal", "drivers");
  }

  @Test
  void killsForMemory() {
    assumeTrue(isolates(), "plain processes may have no limits");
    PodSandboxConfig pod = pod("oom").build();
    ContainerConfig.Builder c = shell("c", "x=a; while :; do x=$x$x; done");
    c.getLinuxBuilder().getResourcesBuilder().setMemoryLimitInBytes(16 << 20);
    ContainerStatus status = awaitExit(started(run(pod), pod, c.build()));
    assertThat(status.getExitCode()).isEqualTo(137);
    assertThat(status.getReason())
        .isIn(missesKills() ? List.of("OOMKilled", "Error") : List.of("OOMKilled"));
  }

  @Test
  void tellsAndChangesResources() {
    assumeTrue(isolates(), "plain processes may have no cgroup");
    PodSandboxConfig pod = pod("stats").build();
    ContainerConfig.Builder c = shell("c", "sleep 300");
    c.getLinuxBuilder().getResourcesBuilder().setMemoryLimitInBytes(64 << 20).setCpuShares(512);
    String id = started(run(pod), pod, c.build());
    cri.runtime(
        "UpdateContainerResources",
        UpdateContainerResourcesRequest.newBuilder()
            .setContainerId(id)
            .setLinux(
                LinuxContainerResources.newBuilder()
                    .setMemoryLimitInBytes(128 << 20)
                    .setCpuQuota(50_000)
                    .setCpuPeriod(100_000))
            .build(),
        UpdateContainerResourcesResponse.getDefaultInstance());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          ContainerStats stats =
              cri.runtime(
                      "ContainerStats",
                      ContainerStatsRequest.newBuilder().setContainerId(id).build(),
                      ContainerStatsResponse.getDefaultInstance())
                  .getStats();
          assertThat(stats.getCpu().getUsageCoreNanoSeconds().getValue()).isPositive();
          assertThat(stats.getMemory().getWorkingSetBytes().getValue()).isPositive();
        });
    ContainerResources told = cri.containerStatus(id).getResources();
    if (told.hasLinux()) { // containerd tells it from 1.7 on.
      assertThat(told.getLinux().getMemoryLimitInBytes()).isEqualTo(128 << 20);
      assertThat(told.getLinux().getCpuQuota()).isEqualTo(50_000);
      assertThat(told.getLinux().getCpuPeriod()).isEqualTo(100_000);
      assertThat(told.getLinux().getCpuShares()).as("what is left out stays").isEqualTo(512);
    }
  }

  @Test
  void sharesThePidNamespaceOfThePod() throws IOException {
    assumeTrue(isolates(), "plain processes share the host's");
    PodSandboxConfig.Builder pod = pod("share");
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    String sandbox = run(pod.build());
    ContainerConfig.Builder a = shell("a", "exec sleep 291");
    ContainerConfig.Builder b = shell("b", "ps");
    security(a).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
    security(b).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
    started(sandbox, pod.build(), a.build());
    awaitExit(started(sandbox, pod.build(), b.build()));
    assertThat(log("b")).contains("sleep 291");
  }

  /** Docs: "Share Process Namespace between Containers in a Pod" gives this capability. */
  @Test
  void theMachineIsNotReachedThroughTheFirstProcessOfThePod() throws IOException {
    assumeTrue(isolates(), "plain processes share the host's");
    Path secret = Files.writeString(logs.resolve("of-the-machine"), "of the machine");
    PodSandboxConfig.Builder pod = pod("reach");
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.POD);
    ContainerConfig.Builder config =
        shell(
            "reach",
            "cat /proc/1/root%1$s /proc/1/root/../../../../../..%1$s; grep CapPrm /proc/1/status"
                .formatted(secret));
    security(config).getNamespaceOptionsBuilder().setPid(NamespaceMode.POD);
    security(config).getCapabilitiesBuilder().addAddCapabilities("SYS_PTRACE");
    awaitExit(started(run(pod.build()), pod.build(), config.build()));
    assertThat(log("reach"))
        .contains("CapPrm:")
        .doesNotContain("CapPrm:\t000001ff")
        .doesNotContain("of the machine");
  }

  @Test
  void containersOfAPodShareTheNetwork() {
    assumeTrue(isolates(), "plain processes share the host's");
    PodSandboxConfig pod = pod("net").build();
    String sandbox = run(pod);
    String server =
        started(sandbox, pod, shell("server", "while :; do echo hi | nc -l -p 8080; done").build());
    String client = started(sandbox, pod, shell("client", "sleep 300").build());
    String ip = cri.sandboxStatus(sandbox).getNetwork().getIp();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    cri.exec(client, "sh", "-c", "nc -w 1 127.0.0.1 8080 </dev/null")
                        .getStdout()
                        .toStringUtf8())
                .isEqualTo("hi\n"));
    PodSandboxConfig other = pod("other").build();
    String otherSandbox = run(other);
    String stranger = started(otherSandbox, other, shell("stranger", "sleep 300").build());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(
                    cri.exec(stranger, "sh", "-c", "nc -w 1 " + ip + " 8080 </dev/null")
                        .getStdout()
                        .toStringUtf8())
                .isEqualTo("hi\n"));
    assertThat(cri.containerStatus(server).getState()).isEqualTo(ContainerState.CONTAINER_RUNNING);
  }

  WebSocketSession stream(String url) {
    return new WebSocketSession(vertx(), url, streamProtocol());
  }

  private String execUrl(String id, boolean stdin, boolean tty, String... command) {
    return cri.runtime(
            "Exec",
            ExecRequest.newBuilder()
                .setContainerId(id)
                .addAllCmd(List.of(command))
                .setStdin(stdin)
                .setStdout(true)
                .setStderr(!tty)
                .setTty(tty)
                .build(),
            ExecResponse.getDefaultInstance())
        .getUrl();
  }

  @Test
  void streamsExec() throws Exception {
    PodSandboxConfig pod = pod("stream").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    try (WebSocketSession s =
        stream(execUrl(id, true, false, "sh", "-c", "read a; echo got $a; echo bad >&2; exit 4"))) {
      s.send(0, "some words\n");
      s.closed.get(10, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(s.text(1)).isEqualTo("got some words\n");
      assertThat(s.text(2)).isEqualTo("bad\n");
      assertThat(s.text(3)).contains("NonZeroExitCode").contains("\"4\"");
    }
  }

  @Test
  void streamsMuchBothWays() throws Exception {
    PodSandboxConfig pod = pod("much").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    String half = "0123456789abcdef".repeat(1024);
    try (WebSocketSession s = stream(execUrl(id, true, false, "sh", "-c", "head -c 4194304"))) {
      for (int i = 0; i < 256; i++) {
        s.send(0, half);
      }
      s.closed.get(20, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(s.bytes(1)).hasSize(4 << 20);
      assertThat(s.text(3)).contains("Success");
    }
  }

  @Test
  void streamsATerminal() throws Exception {
    PodSandboxConfig pod = pod("tty").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    try (WebSocketSession s = stream(execUrl(id, true, true, "sh"))) {
      s.send(4, "{\"Width\":101,\"Height\":33}");
      // runc hands input on a moment before it hands on the size, so the shell asks until it has
      // it.
      s.send(0, "until stty size | grep '33 101'; do sleep 0.05; done\n");
      s.send(0, "echo T=$TERM; test -t 0 && echo ter''minal\n");
      await().untilAsserted(() -> assertThat(s.text(1)).contains("terminal").contains("\n33 101"));
      s.send(0, "sh -c 'echo beg''un; exec sleep 100'; echo n''o\n");
      await().untilAsserted(() -> assertThat(s.text(1)).contains("begun"));
      s.send(0, "\003");
      s.send(0, "echo ba''ck\n");
      await().untilAsserted(() -> assertThat(s.text(1)).contains("back"));
      s.send(0, "exit 6\n");
      s.closed.get(10, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(s.text(3)).contains("\"6\"");
    }
  }

  @Test
  void aTerminalLosesNothingOfAShortCommand() throws Exception {
    PodSandboxConfig pod = pod("tty-short").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    for (int round = 0; round < 20; round++) {
      try (WebSocketSession s =
          stream(execUrl(id, true, true, "sh", "-c", "echo first; echo la''st; exit 5"))) {
        s.closed.get(10, java.util.concurrent.TimeUnit.SECONDS);
        // runc may add a carriage return of its own, which a terminal does not show.
        assertThat(s.text(1).replace("\r", "")).isEqualTo("first\nlast\n");
        assertThat(s.text(3)).contains("\"5\"");
      }
    }
  }

  @Test
  void attachesToAContainerThatReads() throws Exception {
    PodSandboxConfig pod = pod("attach").build();
    ContainerConfig config =
        shell("c", "while read l; do echo \"<$l>\"; done; echo end; sleep 0.2")
            .setStdin(true)
            .setStdinOnce(true)
            .build();
    String id = started(run(pod), pod, config);
    String url = attachUrl(id, false);
    try (WebSocketSession s = stream(url)) {
      s.send(0, "hello\n");
      await().untilAsserted(() -> assertThat(s.text(1)).contains("<hello>"));
    }
    awaitExit(id);
    assertThat(log("c")).isEqualTo("<hello>\nend\n");
  }

  String attachUrl(String id, boolean tty) {
    return cri.runtime(
            "Attach",
            AttachRequest.newBuilder()
                .setContainerId(id)
                .setStdin(true)
                .setStdout(true)
                .setStderr(!tty)
                .setTty(tty)
                .build(),
            AttachResponse.getDefaultInstance())
        .getUrl();
  }

  @Test
  void logsTheLastWordsOfATerminal() throws Exception {
    PodSandboxConfig pod = pod("tty-log").build();
    String sandbox = run(pod);
    for (int round = 0; round < 10; round++) {
      String name = "c" + round;
      ContainerConfig config = shell(name, "echo first; echo last; exit 3").setTty(true).build();
      assertThat(awaitExit(started(sandbox, pod, config)).getExitCode()).isEqualTo(3);
      assertThat(log(name).replace("\r", "")).isEqualTo("first\nlast\n");
    }
  }

  @Test
  void attachesToATerminal() throws Exception {
    PodSandboxConfig pod = pod("attach-tty").build();
    ContainerConfig config =
        shell("c", "")
            .clearCommand()
            .clearArgs()
            .addCommand("sh")
            .setStdin(true)
            .setTty(true)
            .build();
    String id = started(run(pod), pod, config);
    try (WebSocketSession s = stream(attachUrl(id, true))) {
      s.send(4, "{\"Width\":91,\"Height\":31}");
      s.send(0, "stty size; test -t 1 && echo ter''minal\n");
      await().untilAsserted(() -> assertThat(s.text(1)).contains("terminal").contains("31 91"));
      s.send(0, "exit 9\n");
    }
    assertThat(awaitExit(id).getExitCode()).isEqualTo(9);
  }

  @Test
  void forwardsPorts() throws Exception {
    assumeTrue(isolates(), "would need a free port of the host");
    PodSandboxConfig pod = pod("forward").build();
    String sandbox = run(pod);
    started(sandbox, pod, shell("c", "while :; do nc -l -p 8081 -e cat; done").build());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          String url =
              cri.runtime(
                      "PortForward",
                      PortForwardRequest.newBuilder()
                          .setPodSandboxId(sandbox)
                          .addPort(8081)
                          .build(),
                      PortForwardResponse.getDefaultInstance())
                  .getUrl();
          try (WebSocketSession s = new WebSocketSession(vertx(), url, "v4.channel.k8s.io")) {
            s.send(0, "through");
            await()
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> {
                  assertThat(s.bytes(0)).startsWith(0x91, 0x1f);
                  assertThat(s.text(0)).endsWith("through");
                });
          }
        });
  }

  @Test
  void aStreamingUrlServesOnce() throws Exception {
    PodSandboxConfig pod = pod("once").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    String url = execUrl(id, false, false, "true");
    try (WebSocketSession s = stream(url)) {
      s.closed.get(10, java.util.concurrent.TimeUnit.SECONDS);
    }
    assertThatThrownBy(() -> stream(url).close()).isInstanceOf(RuntimeException.class);
  }

  @Test
  void mapsHostPorts() throws Exception {
    assumeTrue(isolates(), "plain processes listen on the host");
    int port = 30000 + java.util.concurrent.ThreadLocalRandom.current().nextInt(2000);
    PodSandboxConfig pod =
        pod("hostport")
            .addPortMappings(PortMapping.newBuilder().setContainerPort(8080).setHostPort(port))
            .build();
    String sandbox = run(pod);
    started(sandbox, pod, shell("c", "while :; do echo mapped | nc -l -p 8080; done").build());
    for (String host : List.of("127.0.0.1", hostAddress())) {
      // Between one answer and the next nobody listens.
      await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> {
            try (java.net.Socket s = new java.net.Socket()) {
              s.connect(new java.net.InetSocketAddress(host, port), 1000);
              s.setSoTimeout(2000);
              assertThat(new String(s.getInputStream().readNBytes(6))).isEqualTo("mapped");
            }
          });
    }
  }

  private static String hostAddress() throws IOException {
    return java.net.NetworkInterface.networkInterfaces()
        .filter(i -> i.getName().startsWith("e"))
        .flatMap(java.net.NetworkInterface::inetAddresses)
        .filter(a -> a instanceof java.net.Inet4Address)
        .map(java.net.InetAddress::getHostAddress)
        .findFirst()
        .orElse("127.0.0.1");
  }

  @Test
  void sharesTheHostsNetworkWhenAsked() throws IOException {
    assumeTrue(isolates(), "plain processes always do");
    PodSandboxConfig.Builder pod = pod("hostnet").setHostname("");
    pod.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setNetwork(NamespaceMode.NODE);
    ContainerConfig.Builder c = shell("c", "readlink /proc/self/ns/net");
    security(c).getNamespaceOptionsBuilder().setNetwork(NamespaceMode.NODE);
    awaitExit(started(run(pod.build()), pod.build(), c.build()));
    assertThat(log("c").strip())
        .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString());
  }

  @Test
  void setsSysctls() throws IOException {
    assumeTrue(isolates(), "plain processes share the host's");
    PodSandboxConfig.Builder pod = pod("sysctl");
    pod.getLinuxBuilder().putSysctls("net.ipv4.ip_unprivileged_port_start", "17");
    ContainerConfig.Builder c = shell("c", "cat /proc/sys/net/ipv4/ip_unprivileged_port_start");
    awaitExit(started(run(pod.build()), pod.build(), c.build()));
    assertThat(log("c")).isEqualTo("17\n");
  }

  @Test
  void refusesSecondStartsAndUnknownIds() {
    PodSandboxConfig pod = pod("twice").build();
    String id = started(run(pod), pod, shell("c", "sleep 300").build());
    assertThatThrownBy(() -> cri.start(id)).isInstanceOf(CriClient.Refused.class);
    assertThatThrownBy(() -> cri.containerStatus("no-such-container"))
        .isInstanceOfSatisfying(
            CriClient.Refused.class,
            e -> assertThat(e.status).isEqualTo(io.vertx.grpc.common.GrpcStatus.NOT_FOUND));
    assertThatThrownBy(() -> cri.sandboxStatus("no-such-sandbox"))
        .isInstanceOfSatisfying(
            CriClient.Refused.class,
            e -> assertThat(e.status).isEqualTo(io.vertx.grpc.common.GrpcStatus.NOT_FOUND));
  }

  @Test
  void passesVariablesThatAShellCannotHold() throws IOException {
    assumeTrue(isolates(), "plain processes get their environment from a shell");
    ContainerConfig.Builder c =
        shell("c", "")
            .clearCommand()
            .clearArgs()
            .addCommand("env")
            .addEnvs(KeyValue.newBuilder().setKey("with.dots").setValue("odd one"))
            .addEnvs(KeyValue.newBuilder().setKey("A").setValue("two\nlines"));
    assertThat(output(c)).contains("with.dots=odd one\n").contains("A=two\nlines\n");
  }
}
