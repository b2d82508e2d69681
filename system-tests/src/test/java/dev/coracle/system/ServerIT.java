package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
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

  private Machines machines;

  @BeforeAll
  void start(@TempDir Path temporary) {
    machines = Machines.open(2, temporary);
    machines.coracle(1, "server", "--detach", "--advertise-address", machines.address(1));
  }

  @AfterAll
  void stop() {
    if (machines != null) {
      machines.close();
    }
  }

  private String kubectl(String... arguments) {
    return machines.kubectl(1, arguments);
  }

  @Test
  @Order(1)
  void theControlPlaneIsNoNodeAndMakesNoNetwork() {
    assertThat(kubectl("get", "nodes", "-o", "name")).isEmpty();
    assertThat(machines.coracle(1, "status")).contains("none here");
    assertThat(
            machines.network().inside(1, "ip", "-br", "link").lines().map(l -> l.split("[ @]")[0]))
        .containsExactlyInAnyOrder("lo", "eth0");
    assertThat(machines.network().inside(1, "nft", "list", "tables")).isEmpty();
    machines.runHello(1, "early");
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            kubectl("get", "events", "-o", "jsonpath={.items[*].message}")
                .contains("no nodes available to schedule pods"));
  }

  @Test
  @Order(2)
  void aMachineJoinsAndRunsWhatWaited() {
    String join = machines.coracle(1, "token", "create");
    machines.coracle(2, Machines.arguments(join, "--detach", "--node-name", "worker"));
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
