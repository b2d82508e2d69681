package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

  private Machines machines;
  private String etcdUrl;
  private long etcd;

  @BeforeAll
  void start(@TempDir Path temporary) {
    machines = Machines.open(NODE, temporary, "etcd");
    etcdUrl = "http://" + machines.address(NODE) + ":2379";
    etcd =
        Long.parseLong(
            machines
                .network()
                .inside(
                    NODE,
                    "sh",
                    "-c",
                    "etcd --log-level error --data-dir "
                        + temporary.resolve("etcd")
                        + " --listen-client-urls "
                        + etcdUrl
                        + " --advertise-client-urls "
                        + etcdUrl
                        + " >"
                        + temporary.resolve("etcd.log")
                        + " 2>&1 & echo $!")
                .strip());
    machines.coracle(1, server(1, "server"));
  }

  @AfterAll
  void stop() {
    if (machines != null) {
      machines.close();
      ProcessHandle.of(etcd).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** The command with what every server has. */
  private String[] server(int machine, String... command) {
    return Stream.concat(
            Stream.of(command),
            Stream.of(
                "--detach",
                "--advertise-address",
                machines.address(machine),
                "--etcd-servers",
                etcdUrl))
        .toArray(String[]::new);
  }

  private String kubectl(int machine, String... arguments) {
    return machines.kubectl(machine, arguments);
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

  private void assertRefused(String[] command, String why) {
    Shell.Result result = machines.attempt(2, command);
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.all()).contains(why);
  }

  /** What leads to the authority is good for one machine, and a node's token does not. */
  @Test
  @Order(0)
  void aServerJoinsByATokenOfItsOwnThatIsGoodForOne() {
    String forNodes = machines.coracle(1, "token", "create");
    String join = machines.coracle(1, "token", "create", "--server");
    String token = word(join, "--token");
    assertRefused(
        server(2, Machines.arguments(join.replace(token, word(forNodes, "--token")))),
        "this --token is for nodes");
    String key = word(join, "--certificate-key");
    assertRefused(
        server(2, Machines.arguments(join.replace(key, "0".repeat(64)))),
        "this --certificate-key is not the one that came with the --token");
    assertThat(readBy(token, "coracle-server-" + token.substring(0, 6))).isZero();
    assertThat(readBy(token, "bootstrap-token-" + word(forNodes, "--token").substring(0, 6)))
        .isNotZero();

    // The authority comes along with the cluster's uid, so that no other store is taken for it.
    assertRefused(
        Stream.concat(
                Stream.of(server(2, Machines.arguments(join))),
                Stream.of("--etcd-prefix", "/mistyped"))
            .toArray(String[]::new),
        "--etcd-prefix /mistyped holds no cluster");
    machines.coracle(2, server(2, Machines.arguments(join)));
    assertThat(machines.coracle(2, "token", "list")).contains("node").doesNotContain("server");
    Shell.Result again =
        machines.attemptIn(NODE, machines.data(4), server(NODE, Machines.arguments(join)));
    assertThat(again.all()).contains("does not know this --token").contains("good for once");
    soon(() ->
        assertThat(
                kubectl(
                    2,
                    "get",
                    "secrets,roles,rolebindings",
                    "--namespace=kube-system",
                    "--output=name"))
            .doesNotContain("coracle-server-"));
  }

  private static String word(String command, String flag) {
    List<String> words = List.of(command.strip().split(" "));
    return words.get(words.indexOf(flag) + 1);
  }

  /** Whether the holder of a token may read a Secret: 0 for yes, as kubectl ends. */
  private int readBy(String token, String secret) {
    return machines
        .network()
        .attempt(
            1,
            Map.of(),
            "kubectl",
            "--kubeconfig=/dev/null",
            "--server=https://127.0.0.1:6443",
            "--certificate-authority=" + machines.data(1).resolve("pki").resolve("ca.crt"),
            "--token=" + token,
            "get",
            "secret",
            secret,
            "--namespace=kube-system")
        .exitCode();
  }

  @Test
  @Order(1)
  void podsReachBothServersAndBothReachPods() {
    assertServers(1, 1, 2);
    assertServers(2, 1, 2);
    String join = machines.coracle(1, "token", "create");
    machines.coracle(NODE, Machines.arguments(join, "--detach", "--node-name", "worker"));
    machines.runHello(2, "early");
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
            .readTree(machines.data(1).resolve("run").resolve("process.json").toFile())
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
    machines.coracle(NODE, "down");
    machines.coracle(
        NODE,
        "agent",
        "--server",
        "https://" + machines.address(1) + ":6443",
        "--detach",
        "--node-name",
        "worker");
    soon(() -> assertThat(kubectl(2, "logs", "early")).startsWith("hello\n"));
  }

  /** {@code up --join}: the machine of the server that was lost, with nothing of what it was. */
  @Test
  @Order(4)
  void aMachineJoinsAsServerAndNodeInOne() {
    String join = machines.coracle(2, "token", "create", "--server");
    String[] command =
        Machines.arguments(
            join,
            "--detach",
            "--node-name",
            "first",
            "--node-ip",
            machines.address(1),
            "--etcd-servers",
            etcdUrl);
    command[0] = "up";
    Path data = machines.data(5);
    Shell.Result joined = machines.attemptIn(1, data, command);
    assertThat(joined.exitCode()).as(joined.all()).isZero();
    try {
      kubectl(2, "wait", "--for=condition=Ready", "node/first", "--timeout=120s");
      assertServers(2, 1, 2);
      kubectl(
          2,
          "run",
          "there",
          "--image=coracle/demo:1",
          "--image-pull-policy=IfNotPresent",
          "--overrides={\"spec\":{\"nodeName\":\"first\"}}",
          "--command",
          "--",
          "sh",
          "-c",
          "echo hello; sleep 100000");
      soon(() -> assertThat(kubectl(2, "logs", "there")).isEqualTo("hello\n"));
      soon(() -> assertThat(kubectl(2, "exec", "there", "--", "echo", "x")).isEqualTo("x\n"));
    } finally {
      machines.attemptIn(1, data, "down");
    }
  }
}
