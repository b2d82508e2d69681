package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cridocker.DockerDaemon;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a real Docker Engine in place of the built-in runtime. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class DockerIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private DockerDaemon docker;
  private Path data;
  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    docker = DockerDaemon.start();
    data = directory.resolve("data");
    coracle =
        CoracleProcess.start(data, "--container-runtime-endpoint", "unix://" + docker.socket());
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
        assertThat(docker.docker("ps", "-aq")).as("containers left in Docker").isEmpty();
      }
    } finally {
      if (docker != null) {
        docker.close();
      }
    }
  }

  private String visitor() {
    return kubectl.run(
        "get", "pod", "-l", "app=visitor", "-o", "jsonpath=pod/{.items[0].metadata.name}");
  }

  @Test
  void theNodeSaysWhatRunsItsContainersAndDockerShowsThem() throws Exception {
    assertThat(kubectl.run("get", "nodes", "-o", "wide")).contains("docker://");
    assertThat(docker.docker("ps", "--format", "{{.Names}}"))
        .contains("k8s_POD_greeter-")
        .containsPattern("k8s_[a-z]+_visitor-");
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
  void podsReachServicesByNameAndOneAnother() {
    assertThat(
            kubectl.run(
                "exec",
                visitor(),
                "--",
                "wget",
                "-qO-",
                "http://greeter.default.svc.cluster.local/"))
        .contains("Hello from greeter-");
  }

  @Test
  void imagesAreDockersAndTheCommandForOursSaysSo() {
    Shell.Result result =
        Shell.run(
            SOON,
            Map.of(),
            "",
            CoracleProcess.command("image", "ls", "--data-dir", data.toString()));
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err())
        .contains(
            "runs its containers by unix://" + docker.socket(), "use 'docker load -i ARCHIVE'");
  }

  @Test
  void aNetworkPolicyIsolatesAPodOfDocker() throws Exception {
    Path policy =
        Files.writeString(
            data.resolveSibling("policy.yaml"),
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: greeter}
            spec: {podSelector: {matchLabels: {app: greeter}}, policyTypes: [Ingress]}
            """);
    // By its address, so that nothing but the policy can be what denies it.
    String address =
        kubectl.run("get", "service", "greeter", "-o", "jsonpath={.spec.clusterIP}").strip();
    String[] get = {
      "exec",
      visitor(),
      "--",
      "sh",
      "-c",
      "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 " + address + " 80"
    };
    kubectl.run("apply", "-f", policy.toString());
    try {
      Awaitility.await().atMost(SOON).until(() -> kubectl.attempt("", get).out().isEmpty());
      assertThat(kubectl.run("get", "events", "--field-selector", "reason=NotEnforced"))
          .doesNotContain("greeter");
    } finally {
      kubectl.run("delete", "-f", policy.toString());
    }
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(kubectl.attempt("", get).out()).contains("Hello from greeter-"));
  }

  @Test
  void logsAndExecReachContainers() {
    assertThat(kubectl.run("logs", visitor())).contains("listens on port 8080");
    assertThat(kubectl.runWithInput("some words\n", "exec", "-i", visitor(), "--", "cat"))
        .isEqualTo("some words\n");
  }

  @Test
  void aContainerThatWasKilledComesBack() throws Exception {
    String pod = visitor();
    String container =
        docker
            .docker(
                "ps",
                "-q",
                "--filter",
                "label=io.kubernetes.docker.type=container",
                "--filter",
                "name=_" + pod.substring("pod/".length()) + "_")
            .strip();
    docker.docker("kill", container);
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    kubectl.run(
                        "get",
                        pod,
                        "-o",
                        "jsonpath={.status.containerStatuses[0].restartCount}"
                            + " {.status.containerStatuses[0].ready}"))
                .isEqualTo("1 true"));
  }
}
