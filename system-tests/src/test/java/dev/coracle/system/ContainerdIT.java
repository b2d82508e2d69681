package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.real.Containerd;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a real containerd in place of the built-in runtime. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class ContainerdIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private Containerd containerd;
  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    containerd = Containerd.start();
    Path images = CoracleProcess.HOME.resolve("demo").resolve("target").resolve("images");
    containerd.importImage(images.resolve("docker.io_coracle_demo_1.tar"));
    coracle =
        CoracleProcess.start(
            directory.resolve("data"),
            "--container-runtime-endpoint",
            containerd.endpoint().substring("unix://".length()),
            // The pods' addresses are given by containerd's own CNI configuration.
            "--cluster-cidr",
            "10.199.0.0/16");
    kubectl = coracle.kubectl();
    kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo").toString());
    kubectl.run("rollout", "status", "deployment/greeter", "--timeout=90s");
    kubectl.run("rollout", "status", "deployment/visitor", "--timeout=90s");
  }

  @AfterAll
  void stop() throws Exception {
    try {
      if (coracle != null) {
        coracle.close();
        assertThat(containerd.containers()).as("containers left in containerd").isEmpty();
      }
    } finally {
      if (containerd != null) {
        containerd.close();
      }
    }
  }

  @Test
  void theNodeSaysWhatRunsItsContainers() {
    assertThat(kubectl.run("get", "nodes", "-o", "wide")).contains("containerd://1.");
    assertThat(kubectl.run("get", "pods", "-o", "wide")).contains("10.199.");
  }

  @Test
  void theIngressReachesAPodThatFindsTheOtherByName() {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    Shell.run(
                            "curl",
                            "-s",
                            "--max-time",
                            "5",
                            "-H",
                            "Host: demo.localhost",
                            "http://127.0.0.1:" + coracle.ingressPort() + "/")
                        .out())
                .contains("says: Hello from greeter-"));
  }

  @Test
  void logsAndExecReachContainers() {
    String pod =
        kubectl.run(
            "get", "pod", "-l", "app=visitor", "-o", "jsonpath=pod/{.items[0].metadata.name}");
    assertThat(kubectl.run("logs", pod)).contains("listens on port 8080");
    assertThat(kubectl.runWithInput("some words\n", "exec", "-i", pod, "--", "cat"))
        .isEqualTo("some words\n");
  }
}
