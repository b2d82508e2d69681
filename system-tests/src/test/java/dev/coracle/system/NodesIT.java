package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster of three machines: one runs {@code coracle up}, two join by {@code coracle agent}. The
 * last test cuts one off, so the others come before it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(OrderAnnotation.class)
@Order(1)
class NodesIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  /** The grace period of 50 s, the toleration of 5, and a loaded machine. */
  private static final Duration AFTER_GRACE = Duration.ofSeconds(180);

  private static final String PODS =
      """
      apiVersion: apps/v1
      kind: DaemonSet
      metadata: {name: web}
      spec:
        selector: {matchLabels: {app: web}}
        template:
          metadata: {labels: {app: web}}
          spec:
            terminationGracePeriodSeconds: 0
            containers:
            - name: c
              image: coracle/demo:1
              imagePullPolicy: IfNotPresent
              command: [sh, -c, 'mkdir /tmp/w; echo "$NODE" > /tmp/w/index.html; echo "started on $NODE"; httpd -f -p 8080 -h /tmp/w']
              env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: app}
      spec:
        replicas: 6
        selector: {matchLabels: {app: app}}
        template:
          metadata: {labels: {app: app}}
          spec:
            terminationGracePeriodSeconds: 0
            tolerations:
            - {key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
            containers:
            - {name: c, image: "coracle/demo:1", imagePullPolicy: IfNotPresent, command: [sleep, "100000"]}
      """;

  private Path directory;
  private Machines machines;
  private String join;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    machines = Machines.open(3, temporary);
    machines.coracle(
        1,
        "up",
        "--detach",
        "--node-name",
        "n1",
        "--node-ip",
        machines.address(1),
        "--ingress-http-port",
        "0",
        "--ingress-https-port",
        "0");
    join = machines.coracle(1, "token", "create").strip();
    assertThat(join).startsWith("coracle agent --server https://" + machines.address(1));
    CompletableFuture<Void> second = CompletableFuture.runAsync(() -> joinAs(2));
    joinAs(3);
    second.join();
    kubectl("apply", "-f", Files.writeString(temporary.resolve("pods.yaml"), PODS).toString());
    kubectl("rollout", "status", "daemonset/web", "--timeout=120s");
    kubectl("rollout", "status", "deployment/app", "--timeout=120s");
  }

  private void joinAs(int machine) {
    machines.coracle(machine, Machines.arguments(join, "--detach", "--node-name", "n" + machine));
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

  private String podOn(String node) {
    return kubectl(
        "get",
        "pods",
        "-l",
        "app=web",
        "--field-selector",
        "spec.nodeName=" + node,
        "-o",
        "jsonpath={.items[0].metadata.name}");
  }

  @Test
  @Order(0)
  @DisplayName(
      "[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]")
  void podsCanBeScheduledOnSeveralNodes() {
    List<String> open = new ArrayList<>();
    for (JsonNode node : Json.parse(kubectl("get", "nodes", "-o", "json")).path("items")) {
      boolean isReady = false;
      for (JsonNode condition : node.at("/status/conditions")) {
        isReady |=
            condition.path("type").asText().equals("Ready")
                && condition.path("status").asText().equals("True");
      }
      if (isReady
          && !node.at("/spec/unschedulable").asBoolean()
          && node.at("/spec/taints").isEmpty()) {
        open.add(node.at("/metadata/name").asText());
      }
    }
    assertThat(open).hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  @Order(1)
  void everyMachineIsANodeWithARangeOfItsOwn() {
    String nodes = kubectl("get", "nodes", "--no-headers");
    assertThat(nodes.lines()).hasSize(3).allMatch(line -> line.contains(" Ready "));
    assertThat(nodes)
        .containsPattern("n1 +Ready +control-plane")
        .containsPattern("n2 +Ready +<none>");
    Set<String> ranges =
        new HashSet<>(
            List.of(kubectl("get", "nodes", "-o", "jsonpath={.items[*].spec.podCIDR}").split(" ")));
    assertThat(ranges).hasSize(3);
  }

  /** The search list of a pod's resolver has the cluster's domain on every node. */
  @Test
  @Order(2)
  void podsOfEveryNodeFindAServiceByItsShortName() {
    for (String node : List.of("n1", "n2", "n3")) {
      assertThat(kubectl("exec", podOn(node), "--", "busybox", "cat", "/etc/resolv.conf"))
          .as(node)
          .contains("search default.svc.cluster.local svc.cluster.local cluster.local");
      assertThat(
              kubectl(
                  "exec",
                  podOn(node),
                  "--",
                  "busybox",
                  "timeout",
                  "10",
                  "busybox",
                  "wget",
                  "-qO-",
                  "http://web/"))
          .as(node)
          .startsWith("n");
    }
  }

  @Test
  @Order(2)
  void logsExecAndMetricsOfAWorkerComeThroughItsTunnel() {
    for (String node : List.of("n1", "n2", "n3")) {
      String pod = podOn(node);
      Awaitility.await()
          .atMost(SOON)
          .untilAsserted(
              () -> assertThat(kubectl("logs", pod)).isEqualTo("started on " + node + "\n"));
      assertThat(kubectl("exec", pod, "--", "sh", "-c", "echo on $NODE"))
          .isEqualTo("on " + node + "\n");
    }
    // The kubelet of a worker cannot be reached from another machine.
    String port =
        kubectl(
            "get", "node", "n2", "-o", "jsonpath={.status.daemonEndpoints.kubeletEndpoint.Port}");
    assertThat(
            machines
                .network()
                .attempt(
                    1,
                    Map.of(),
                    "curl",
                    "-sk",
                    "-m",
                    "3",
                    "https://" + machines.address(2) + ":" + port + "/healthz")
                .exitCode())
        .isNotZero();
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(kubectl("top", "nodes")).contains("n1", "n2", "n3"));
  }

  @Test
  @Order(2)
  void logsOfAllMachinesAreSearchedAtOnce() {
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(kubectl("get", "logentries", "--field-selector", "message=started on"))
                .contains("started on n1", "started on n2", "started on n3"));
    assertThat(kubectl("get", "logentries", "-l", "app=web", "--chunk-size=1"))
        .contains("started on n1", "started on n2", "started on n3");
    String name =
        kubectl(
            "get",
            "logentries",
            "--field-selector",
            "message=started on n2",
            "-o",
            "jsonpath={.items[0].metadata.name}");
    assertThat(kubectl("get", "logentry", name, "-o", "jsonpath={.node} {.message}"))
        .isEqualTo("n2 started on n2");
  }

  @Test
  @Order(3)
  void aServiceLeadsToPodsOfAllNodesFromEachOfThem() {
    String address = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    for (String node : List.of("n1", "n2", "n3")) {
      String pod = podOn(node);
      Set<String> answers = new HashSet<>();
      Awaitility.await()
          .atMost(SOON)
          .until(() -> {
            answers.add(answer(pod, address + " 80"));
            return answers.containsAll(List.of("n1", "n2", "n3"));
          });
      assertThat(kubectl("exec", pod, "--", "nslookup", "web.default.svc.cluster.local"))
          .contains(address);
    }
  }

  @Test
  @Order(4)
  void aNetworkPolicyHoldsOnEveryMachine() throws Exception {
    Path policy =
        Files.writeString(
            directory.resolve("policy.yaml"),
            """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: web}
            spec:
              podSelector: {matchLabels: {app: web}}
              ingress: [{from: [{podSelector: {matchLabels: {app: app}}}]}]
            """);
    String app =
        kubectl("get", "pods", "-l", "app=app", "-o", "jsonpath={.items[0].metadata.name}");
    String service = kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}") + " 80";
    kubectl("apply", "-f", policy.toString());
    for (String server : List.of("n1", "n2", "n3")) {
      String address =
          kubectl("get", "pod", podOn(server), "-o", "jsonpath={.status.podIP}") + " 8080";
      for (String client : List.of("n1", "n2", "n3")) {
        if (!client.equals(server)) {
          Awaitility.await()
              .atMost(SOON)
              .untilAsserted(() ->
                  assertThat(answer(podOn(client), address))
                      .as(client + " to " + server)
                      .isEmpty());
        }
      }
      assertThat(answer(app, address)).isEqualTo(server);
    }
    // By its own address also through the Service, whichever node the server is on.
    Set<String> answers = new HashSet<>();
    Awaitility.await()
        .atMost(SOON)
        .until(() -> {
          String answer = answer(app, service);
          assertThat(answer).isNotEmpty();
          answers.add(answer);
          return answers.containsAll(List.of("n1", "n2", "n3"));
        });
    kubectl("delete", "-f", policy.toString());
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(answer(podOn("n1"), service)).isIn("n1", "n2", "n3"));
  }

  /** What a pod is told by HTTP there; empty where it gets no connection. */
  private String answer(String pod, String there) {
    return kubectl(
            "exec",
            pod,
            "--",
            "sh",
            "-c",
            "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 2 " + there + " | tail -n 1")
        .strip();
  }

  @Test
  @Order(5)
  void aMachineWithAWrongTokenOrAWrongAuthorityDoesNotJoin() {
    String server = "https://" + machines.address(1) + ":6443";
    String pin = join.substring(join.indexOf("sha256:"));
    Shell.Result token =
        machines.attemptIn(
            2,
            directory.resolve("other"),
            "agent",
            "--server",
            server,
            "--token",
            "abcdef.0123456789abcdef",
            "--ca-hash",
            pin);
    assertThat(token.exitCode()).isEqualTo(1);
    assertThat(token.err()).contains("does not know this --token");
    Shell.Result authority =
        machines.attemptIn(
            2,
            directory.resolve("another"),
            "agent",
            "--server",
            server,
            "--token",
            "abcdef.0123456789abcdef",
            "--ca-hash",
            "sha256:" + "0".repeat(64));
    assertThat(authority.exitCode()).isEqualTo(1);
    assertThat(authority.err()).contains("not the one with this --ca-hash");
  }

  /** Looks seldom, as it takes a minute. */
  private static void afterGrace(ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(AFTER_GRACE)
        .pollInterval(Duration.ofSeconds(3))
        .untilAsserted(assertion);
  }

  @Test
  @Order(6)
  void thePodsOfALostNodeMoveAndTheNodeComesBack() {
    String lost = podOn("n3");
    machines.network().cut(3);
    afterGrace(() -> {
      assertThat(kubectl("get", "node", "n3", "--no-headers")).contains("NotReady");
      assertThat(kubectl("get", "node", "n3", "-o", "jsonpath={.spec.taints[*].key}"))
          .contains("node.kubernetes.io/unreachable");
    });
    afterGrace(() -> {
      assertThat(kubectl("get", "deployment", "app", "-o", "jsonpath={.status.readyReplicas}"))
          .isEqualTo("6");
      assertThat(
              kubectl(
                  "get",
                  "pods",
                  "-l",
                  "app=app",
                  "--field-selector",
                  "spec.nodeName=n3",
                  "-o",
                  "jsonpath={.items[?(@.metadata.deletionTimestamp==\"\")].metadata.name}"))
          .isEmpty();
    });
    Shell.Result search =
        machines.attemptKubectl(1, "get", "logentries", "--field-selector", "message=started on");
    assertThat(search.out())
        .contains("started on n1", "started on n2")
        .doesNotContain("started on n3");
    assertThat(search.err())
        .contains("Warning: the logs of node n3 are missing: the node is not heard of");
    assertThat(
            kubectl(
                "get",
                "endpointslices",
                "-o",
                "jsonpath={.items[*].endpoints[?(@.nodeName==\"n3\")].conditions.ready}"))
        .doesNotContain("true");

    machines.network().restore(3);
    afterGrace(() -> {
      assertThat(kubectl("get", "node", "n3", "--no-headers")).contains(" Ready ");
      assertThat(kubectl("get", "node", "n3", "-o", "jsonpath={.spec.taints}")).isEmpty();
      assertThat(kubectl("get", "pods", "--no-headers")).doesNotContain("Terminating");
      assertThat(kubectl("logs", lost)).isEqualTo("started on n3\n");
    });
  }
}
