package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** A control plane alone ({@code coracle server}) and a machine that joins it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class ServerIT {

  private static final Duration SOON = Duration.ofSeconds(120);

  private Path directory;
  private NetworkNamespaces machines;

  @BeforeAll
  void start(@TempDir Path temporary) {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    for (String program : List.of("ip", "nsenter", "nft")) {
      assumeTrue(Shell.has(program), "needs the program " + program);
    }
    directory = temporary;
    machines = NetworkNamespaces.open(2);
    coracle(1, "server", "--detach", "--advertise-address", machines.address(1));
  }

  @AfterAll
  void stop() {
    if (machines != null) {
      attempt(2, "down");
      attempt(1, "down");
      machines.close();
    }
  }

  private Shell.Result attempt(int machine, String... arguments) {
    return machines.attempt(
        machine,
        Map.of("CORACLE_DATA_DIR", directory.resolve("data" + machine).toString()),
        CoracleProcess.command(arguments).toArray(String[]::new));
  }

  private String coracle(int machine, String... arguments) {
    Shell.Result result = attempt(machine, arguments);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result.out();
  }

  private String kubectl(String... arguments) {
    String kubeconfig = directory.resolve("data1").resolve("kubeconfig").toString();
    List<String> command = new ArrayList<>(List.of("kubectl", "--kubeconfig", kubeconfig));
    command.addAll(List.of(arguments));
    return machines.inside(1, command.toArray(String[]::new));
  }

  @Test
  @Order(1)
  void theControlPlaneIsNoNodeAndMakesNoNetwork() {
    assertThat(kubectl("get", "nodes", "-o", "name")).isEmpty();
    assertThat(coracle(1, "status")).contains("none here");
    assertThat(machines.inside(1, "ip", "-br", "link").lines().map(l -> l.split("[ @]")[0]))
        .containsExactlyInAnyOrder("lo", "eth0");
    assertThat(machines.inside(1, "nft", "list", "tables")).isEmpty();
    kubectl(
        "run",
        "early",
        "--image=coracle/demo:1",
        "--image-pull-policy=IfNotPresent",
        "--command",
        "--",
        "sh",
        "-c",
        "echo hello; sleep 100000");
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            kubectl("get", "events", "-o", "jsonpath={.items[*].message}")
                .contains("no nodes available to schedule pods"));
  }

  @Test
  @Order(2)
  void aMachineJoinsAndRunsWhatWaited() {
    List<String> join = new ArrayList<>(List.of(coracle(1, "token", "create").strip().split(" ")));
    assertThat(join.removeFirst()).isEqualTo("coracle");
    join.addAll(List.of("--detach", "--node-name", "worker"));
    coracle(2, join.toArray(String[]::new));
    kubectl("wait", "--for=condition=Ready", "node/worker", "pod/early", "--timeout=120s");
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(kubectl("logs", "early")).isEqualTo("hello\n"));
    assertThat(kubectl("exec", "early", "--", "echo", "on the worker"))
        .isEqualTo("on the worker\n");
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(
                    kubectl(
                        "exec", "early", "--", "nslookup", "kubernetes.default.svc.cluster.local"))
                .contains(
                    kubectl("get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}")));
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(kubectl("top", "nodes")).contains("worker"));
  }
}
