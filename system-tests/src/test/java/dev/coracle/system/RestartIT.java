package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cluster keeps when it is killed, and what it leaves when it is stopped. */
@Order(2)
class RestartIT {

  @Test
  void aKilledClusterKeepsWhatWasAcknowledgedAndAdoptsItsContainers(@TempDir Path directory)
      throws Exception {
    try (CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"))) {
      Kubectl kubectl = coracle.kubectl();
      kubectl.run(
          "run",
          "survivor",
          "--image=coracle/demo:1",
          "--command",
          "--",
          "sh",
          "-c",
          "sleep 100000");
      kubectl.run("wait", "--for=condition=Ready", "pod/survivor", "--timeout=60s");
      String containerId = container(kubectl);
      StringBuilder manifests = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        manifests
            .append("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept-")
            .append(i)
            .append("}\n---\n");
      }
      kubectl.runWithInput(manifests.toString(), "create", "-f", "-");

      Path network = coracle.dataDir().resolve("network");
      String networkBefore = Files.readString(network);
      coracle.kill();
      coracle.start();

      assertThat(network).as("pod and service networks").hasContent(networkBefore);
      Kubectl again = coracle.kubectl();
      assertThat(
              again.run("get", "configmaps", "-o", "name").lines().filter(l -> l.contains("kept-")))
          .hasSize(50);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> again.run("get", "pod", "survivor").contains("1/1"));
      assertThat(container(again)).isEqualTo(containerId);
      assertThat(
              again.run(
                  "get",
                  "pod",
                  "survivor",
                  "-o",
                  "jsonpath={.status.containerStatuses[0].restartCount}"))
          .isEqualTo("0");
      assertThat(again.run("exec", "survivor", "--", "echo", "alive")).isEqualTo("alive\n");
    }
  }

  @Test
  void aStoppedClusterLeavesNothingBehind(@TempDir Path directory) throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"));
    Kubectl kubectl = coracle.kubectl();
    kubectl.run(
        "run", "gone", "--image=coracle/demo:1", "--command", "--", "sh", "-c", "sleep 123456");
    kubectl.run("wait", "--for=condition=Ready", "pod/gone", "--timeout=60s");
    coracle.interrupt();
    String data = coracle.dataDir().toString();
    assertThat(Shell.run("cat", "/proc/mounts").out()).doesNotContain(data);
    assertThat(Shell.run("ip", "-br", "link").out()).doesNotContain(bridge(data));
    assertThat(Shell.run("nft", "list", "tables").out()).doesNotContain(id(data));
    assertThat(Shell.run("find", "/sys/fs/cgroup", "-name", "coracle-" + id(data)).out()).isEmpty();
    assertThat(ProcessHandle.allProcesses().map(p -> p.info().commandLine().orElse("")))
        .noneMatch(line -> line.contains("sleep 123456"));
  }

  @Test
  void detachedClustersAreFoundAndStopped(@TempDir Path directory) {
    String data = directory.resolve("data").toString();
    Shell.Result up =
        Shell.run(
            Duration.ofSeconds(120),
            java.util.Map.of(),
            "",
            CoracleProcess.command(
                "up",
                "--detach",
                "--data-dir",
                data,
                "--port",
                "0",
                "--kubelet-port",
                "0",
                "--ingress-http-port",
                "0",
                "--ingress-https-port",
                "0"));
    assertThat(up.exitCode()).as(up.all()).isZero();
    assertThat(up.out()).contains("Running in the background");
    Shell.Result status = coracle("status", "--data-dir", data);
    assertThat(status.exitCode()).as(status.all()).isZero();
    assertThat(status.out()).contains("Ready").contains("https://127.0.0.1:");
    Shell.Result second = coracle("up", "--data-dir", data, "--port", "0");
    assertThat(second.exitCode()).isEqualTo(1);
    assertThat(second.err()).contains("is in use by another coracle");
    Shell.Result down = coracle("down", "--data-dir", data);
    assertThat(down.exitCode()).as(down.all()).isZero();
    assertThat(coracle("status", "--data-dir", data).exitCode()).isEqualTo(3);
  }

  private static Shell.Result coracle(String... arguments) {
    return Shell.run(
        Duration.ofSeconds(60), java.util.Map.of(), "", CoracleProcess.command(arguments));
  }

  private static String container(Kubectl kubectl) {
    return kubectl.run(
        "get", "pod", "survivor", "-o", "jsonpath={.status.containerStatuses[0].containerID}");
  }

  private static String id(String dataDir) throws Exception {
    byte[] digest =
        java.security.MessageDigest.getInstance("SHA-256")
            .digest(dataDir.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return java.util.HexFormat.of().formatHex(digest, 0, 3);
  }

  private static String bridge(String dataDir) throws Exception {
    return "cor-" + id(dataDir);
  }
}
