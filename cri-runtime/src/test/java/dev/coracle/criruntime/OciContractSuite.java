package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only an OCI runtime can do: pods with users of their own. */
abstract class OciContractSuite extends BuiltInContractSuite {
  OciContractSuite(RuntimeChoice choice) {
    super(choice);
  }

  /** However early the command looks: the runtime starts it only after it has been told. */
  @Test
  void whatIsRunByHandHasTheScoreFromTheStart() {
    PodSandboxConfig pod = pod("early").build();
    ContainerConfig.Builder c = shell("c", "sleep 300");
    c.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(901);
    String id = started(run(pod), pod, c.build());
    for (int i = 0; i < 10; i++) {
      ExecSyncResponse told = cri.exec(id, "cat", "/proc/self/oom_score_adj");
      assertThat(told.getStdout().toStringUtf8()).isEqualTo("901\n");
    }
  }

  private void needsUserNamespaces() {
    assumeTrue(
        client.status().getRuntimeHandlers(0).getFeatures().getUserNamespaces(),
        "this kernel or file system has no user namespaces");
  }

  private ContainerConfig.Builder withUsers(String name, NamespaceMode pid, String script) {
    ContainerConfig.Builder c = shell(name, script);
    security(c)
        .setNamespaceOptions(NamespaceOption.newBuilder().setPid(pid).setUsernsOptions(users()));
    return c;
  }

  private static Mount mapped(Path source, String at) {
    return Mount.newBuilder()
        .setHostPath(source.toString())
        .setContainerPath(at)
        .addAllUidMappings(users().getUidsList())
        .addAllGidMappings(users().getGidsList())
        .build();
  }

  @Test
  void rootOfAPodWithUsersOfItsOwnIsNobodyOnTheHost() throws IOException {
    needsUserNamespaces();
    PodSandboxConfig pod = podWithUsers("userns", NamespaceMode.CONTAINER);
    Path volume = Files.createDirectory(root.resolve("volume"));
    Files.writeString(volume.resolve("given"), "from the host");
    Files.setAttribute(volume.resolve("given"), "unix:uid", 1000);
    Files.setAttribute(volume.resolve("given"), "unix:gid", 3000);
    Path plain = Files.createDirectory(root.resolve("plain"));
    String script =
        """
        cat /proc/self/uid_map /proc/self/gid_map | busybox tr -s ' '
        stat -c 'root %u %g' / /bin/busybox
        stat -c 'given %u %g' /v/given
        stat -c 'plain %u %g' /plain
        touch /v/made /made /dev/shm/made && stat -c 'made %u %g' /v/made /made /dev/shm/made
        chown 7:8 /v/made && stat -c 'given away %u %g' /v/made
        hostname
        stat -c 'resolv %u' /etc/resolv.conf
        echo again >/dev/stdout
        mount -t tmpfs none /tmp && echo mounted
        echo done
        sleep 300
        """;
    ContainerConfig.Builder config =
        withUsers("c", NamespaceMode.CONTAINER, script)
            .addMounts(mapped(volume, "/v"))
            .addMounts(Mount.newBuilder().setHostPath(plain.toString()).setContainerPath("/plain"));
    security(config).setCapabilities(Capability.newBuilder().addAddCapabilities("SYS_ADMIN"));
    String id = started(run(pod), pod, config.build());
    await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> log("c").endsWith("done\n"));
    assertThat(log("c").lines().map(String::strip))
        .containsExactly(
            "0 131072 65536",
            "0 131072 65536",
            "root 0 0",
            "root 0 0",
            "given 1000 3000",
            "plain 65534 65534",
            "made 0 0",
            "made 0 0",
            "made 0 0",
            "given away 7 8",
            "userns",
            "resolv 0",
            "again",
            "mounted",
            "done");
    // On disk the volume's files belong to the user that the pod sees, and nobody else's changed.
    assertThat(Files.getAttribute(volume.resolve("made"), "unix:uid")).isEqualTo(7);
    assertThat(Files.getAttribute(volume.resolve("made"), "unix:gid")).isEqualTo(8);
    assertThat(Files.getAttribute(volume.resolve("given"), "unix:uid")).isEqualTo(1000);
    ExecSyncResponse exec = cri.exec(id, "sh", "-c", "id -u; cat /proc/self/uid_map");
    assertThat(exec.getStdout().toStringUtf8())
        .as(exec.getStderr().toStringUtf8())
        .matches("(?s)0\\s+0\\s+131072\\s+65536\\s+");
    int pid = cri.pid(id);
    assertThat(Files.getAttribute(Path.of("/proc/" + pid), "unix:uid")).isEqualTo(HOST_ID);
  }

  @Test
  void mountsDirectoriesAndFilesOfImages() throws IOException {
    mountsPartsOfImages();
  }

  @Test
  void aPodWithUsersOfItsOwnSeesPartsOfImagesToo() throws IOException {
    needsUserNamespaces();
    loadLayeredImage();
    PodSandboxConfig pod = podWithUsers("usernsimage", NamespaceMode.CONTAINER);
    Mount mount =
        layered("data/in", "/sub").toBuilder()
            .addAllUidMappings(users().getUidsList())
            .addAllGidMappings(users().getGidsList())
            .build();
    ContainerConfig.Builder config =
        withUsers("i", NamespaceMode.CONTAINER, "cd /sub; echo *; stat -c '%u %g' first second");
    ContainerStatus status = awaitExit(started(run(pod), pod, config.addMounts(mount).build()));
    assertThat(log("i")).isEqualTo("first second\n0 0\n0 0\n");
    assertThat(status.getExitCode()).isZero();
  }

  @Test
  void containersOfAPodWithUsersOfItsOwnMayShareProcesses() throws IOException {
    needsUserNamespaces();
    PodSandboxConfig pod = podWithUsers("usernspid", NamespaceMode.POD);
    String sandbox = run(pod);
    ContainerConfig.Builder config =
        withUsers(
            "shared",
            NamespaceMode.POD,
            "id -u; busybox tr '\\0' ' ' </proc/1/cmdline; echo; echo $$");
    security(config).setRunAsUser(Int64Value.newBuilder().setValue(1000));
    ContainerStatus status = awaitExit(started(sandbox, pod, config.build()));
    List<String> said = log("shared").lines().toList();
    assertThat(status.getExitCode()).as("%s", said).isZero();
    assertThat(said.get(0)).isEqualTo("1000");
    assertThat(said.get(1).strip()).isEqualTo("/pause");
    assertThat(Integer.parseInt(said.get(2))).isGreaterThan(1);
  }

  @Test
  void aTerminalBelongsToThePodsUser() throws IOException {
    needsUserNamespaces();
    PodSandboxConfig pod = podWithUsers("usernstty", NamespaceMode.CONTAINER);
    ContainerConfig.Builder config =
        withUsers("t", NamespaceMode.CONTAINER, "tty; stat -L -c %u /dev/stdin; echo x >/dev/tty");
    config.setTty(true);
    security(config).setRunAsUser(Int64Value.newBuilder().setValue(1000));
    ContainerStatus status = awaitExit(started(run(pod), pod, config.build()));
    List<String> said = log("t").lines().map(String::strip).toList();
    assertThat(status.getExitCode()).as("%s", said).isZero();
    assertThat(said).element(0).asString().startsWith("/dev/");
    assertThat(said).element(1).isEqualTo("1000");
    assertThat(said).last().isEqualTo("x");
  }
}
