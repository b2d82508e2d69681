package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two control planes over one etcd, and a node that outlives the one it joined at. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
class SeveralServersIT {

  private static final Duration SOON = Duration.ofSeconds(120);
  private static final int NODE = 3;

  private Path directory;
  private NetworkNamespaces machines;
  private long etcd;

  @BeforeAll
  void start(@TempDir Path temporary) throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    for (String program : List.of("ip", "nsenter", "nft", "etcd")) {
      assumeTrue(Shell.has(program), "needs the program " + program);
    }
    directory = temporary;
    machines = NetworkNamespaces.open(NODE);
    String url = "http://" + machines.address(NODE) + ":2379";
    etcd =
        Long.parseLong(
            machines
                .inside(
                    NODE,
                    "sh",
                    "-c",
                    "etcd --log-level error --data-dir "
                        + directory.resolve("etcd")
                        + " --listen-client-urls "
                        + url
                        + " --advertise-client-urls "
                        + url
                        + " >"
                        + directory.resolve("etcd.log")
                        + " 2>&1 & echo $!")
                .strip());
    server(1, url);
    Path first = data(1).resolve("pki");
    Path second = Files.createDirectories(data(2).resolve("pki"));
    for (String file : List.of("ca.crt", "ca.key", "sa.key", "sa.pub")) {
      Files.copy(first.resolve(file), second.resolve(file));
    }
    server(2, url);
  }

  @AfterAll
  void stop() {
    if (machines != null) {
      attempt(NODE, "down");
      attempt(2, "down");
      attempt(1, "down");
      ProcessHandle.of(etcd).ifPresent(ProcessHandle::destroyForcibly);
      machines.close();
    }
  }

  private Path data(int machine) {
    return directory.resolve("data" + machine);
  }

  private void server(int machine, String etcdUrl) {
    String address = machines.address(machine);
    coracle(
        machine, "server", "--detach", "--advertise-address", address, "--etcd-servers", etcdUrl);
  }

  private Shell.Result attempt(int machine, String... arguments) {
    return machines.attempt(
        machine,
        Map.of("CORACLE_DATA_DIR", data(machine).toString()),
        CoracleProcess.command(arguments).toArray(String[]::new));
  }

  private String coracle(int machine, String... arguments) {
    Shell.Result result = attempt(machine, arguments);
    assertThat(result.exitCode()).as(result.all()).isZero();
    return result.out();
  }

  private String kubectl(int machine, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("kubectl", "--kubeconfig", data(machine).resolve("kubeconfig").toString()));
    command.addAll(List.of(arguments));
    return machines.inside(machine, command.toArray(String[]::new));
  }

  private static void soon(ThrowingRunnable assertion) {
    Awaitility.await().atMost(SOON).untilAsserted(assertion);
  }

  private void assertServers(int asked, int... servers) {
    List<String> addresses = new ArrayList<>();
    for (int server : servers) {
      addresses.add(machines.address(server));
    }
    soon(() ->
        assertThat(
                kubectl(
                        asked,
                        "get",
                        "endpointslices",
                        "--selector=kubernetes.io/service-name=kubernetes",
                        "--output=jsonpath={.items[*].endpoints[*].addresses[*]}")
                    .split(" "))
            .containsExactlyInAnyOrderElementsOf(addresses));
  }

  private void run(int machine, String name) {
    kubectl(
        machine,
        "run",
        name,
        "--image=coracle/demo:1",
        "--image-pull-policy=IfNotPresent",
        "--command",
        "--",
        "sh",
        "-c",
        "echo hello; sleep 100000");
  }

  @Test
  @Order(1)
  void podsReachBothServersAndBothReachPods() {
    assertServers(1, 1, 2);
    assertServers(2, 1, 2);
    List<String> join = new ArrayList<>(List.of(coracle(1, "token", "create").strip().split(" ")));
    assertThat(join.removeFirst()).isEqualTo("coracle");
    join.addAll(List.of("--detach", "--node-name", "worker"));
    coracle(NODE, join.toArray(String[]::new));
    run(2, "early");
    kubectl(2, "wait", "--for=condition=Ready", "node/worker", "pod/early", "--timeout=120s");
    for (int server : List.of(1, 2)) {
      soon(() -> assertThat(kubectl(server, "logs", "early")).isEqualTo("hello\n"));
    }
    assertThat(kubectl(1, "get", "leases", "--namespace=kube-system", "--output=name"))
        .contains("lease.coordination.k8s.io/kube-controller-manager")
        .contains("lease.coordination.k8s.io/kube-scheduler");
  }

  @Test
  @Order(2)
  void theOtherServerGoesOnWhenOneIsKilled() throws IOException {
    long pid =
        new ObjectMapper()
            .readTree(data(1).resolve("run").resolve("process.json").toFile())
            .path("pid")
            .asLong();
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    assertServers(2, 2);
    kubectl(2, "create", "deployment", "late", "--image=coracle/demo:1", "--replicas=2");
    soon(() ->
        assertThat(
                kubectl(
                    2,
                    "get",
                    "deployment",
                    "late",
                    "--output=jsonpath={.status.availableReplicas}"))
            .isEqualTo("2"));
    assertThat(kubectl(2, "logs", "early")).isEqualTo("hello\n");
    assertThat(
            kubectl(
                2,
                "get",
                "pod",
                "early",
                "--output=jsonpath={.status.containerStatuses[0].restartCount}"))
        .isEqualTo("0");
  }

  /** The node knows of the second server though it was told of the first alone. */
  @Test
  @Order(3)
  void theNodeStartsAnewWithoutTheServerItJoinedAt() {
    coracle(NODE, "down");
    List<String> again =
        List.of(
            "agent",
            "--server",
            "https://" + machines.address(1) + ":6443",
            "--detach",
            "--node-name",
            "worker");
    coracle(NODE, again.toArray(String[]::new));
    soon(() -> assertThat(kubectl(2, "logs", "early")).startsWith("hello\n"));
  }
}
