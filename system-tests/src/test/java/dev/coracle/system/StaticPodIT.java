package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.real.Containerd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pod of a manifest on the node, whose process is killed and started again. */
@Timeout(240)
class StaticPodIT {

  private static final String FACTS =
      "jsonpath={.metadata.uid} {.status.containerStatuses[0].containerID}"
          + " {.status.containerStatuses[0].restartCount}"
          + " {.status.containerStatuses[0].state.running.startedAt} {.status.startTime}";

  @TempDir Path directory;

  @Test
  void runsOnUntouchedOnTheBuiltInRuntime() throws Exception {
    outlivesAKill();
  }

  @Test
  void runsOnUntouchedOnContainerd() throws Exception {
    try (Containerd containerd = Containerd.start()) {
      containerd.importImage(
          CoracleProcess.HOME.resolve("demo/target/images/docker.io_coracle_demo_1.tar"));
      outlivesAKill(
          "--container-runtime-endpoint",
          containerd.endpoint().substring("unix://".length()),
          // The pods' addresses are given by containerd's own CNI configuration.
          "--cluster-cidr",
          "10.199.0.0/16");
    }
  }

  private void outlivesAKill(String... more) throws Exception {
    Path manifests = Files.createDirectory(directory.resolve("manifests"));
    Path config =
        Files.writeString(
            directory.resolve("kubelet.yaml"),
            """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            staticPodPath: %s
            """
                .formatted(manifests));
    Files.writeString(
        manifests.resolve("still.yaml"),
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: still, namespace: default}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: c
            image: coracle/demo:1
            command: [sh, -c, "echo began; sleep 100000"]
        """);
    List<String> flags = new ArrayList<>(List.of("--kubelet-config", config.toString()));
    flags.addAll(Arrays.asList(more));
    try (CoracleProcess coracle =
        CoracleProcess.start(directory.resolve("data"), flags.toArray(String[]::new))) {
      Kubectl kubectl = coracle.kubectl();
      String mirror = "still-" + kubectl.run("get", "nodes", "-o", "jsonpath={..metadata.name}");
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> kubectl.run("get", "pods").matches("(?s).*still-\\S+ +1/1.*"));
      String before = kubectl.run("get", "pod", mirror, "-o", FACTS);

      coracle.kill();
      coracle.start();

      Kubectl again = coracle.kubectl();
      again.run("wait", "--for=condition=Ready", "pod/" + mirror, "--timeout=60s");
      // The kubelet has looked at it by when it answers for it.
      assertThat(again.run("exec", mirror, "--", "echo", "alive")).isEqualTo("alive\n");
      assertThat(again.run("logs", mirror)).isEqualTo("began\n");
      assertThat(again.run("get", "pod", mirror, "-o", FACTS)).isEqualTo(before);
      Files.delete(manifests.resolve("still.yaml"));
      again.run("wait", "--for=delete", "pod/" + mirror, "--timeout=60s");
    }
  }
}
