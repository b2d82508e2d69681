package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the README promises a new user: the demo, reached and handled with kubectl, on one running
 * cluster.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoIT {

  private static final Duration SOON = Duration.ofSeconds(30);

  private CoracleProcess coracle;
  private Kubectl kubectl;

  /** Which kubectl it is that the user has. */
  String program() {
    return "kubectl";
  }

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    String program = program();
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = new Kubectl(program, coracle.kubeconfig());
    kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo").toString());
    kubectl.run("rollout", "status", "deployment/greeter", "--timeout=60s");
    kubectl.run("rollout", "status", "deployment/visitor", "--timeout=60s");
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  @Test
  void theIngressLeadsToTheVisitorWhichFindsTheGreeterByName() {
    Set<String> pods = new HashSet<>();
    Awaitility.await()
        .atMost(SOON)
        .until(() -> {
          String answer = ingress("demo.localhost");
          Matcher matcher =
              Pattern.compile("says: Hello from (greeter-\\S+), version 1").matcher(answer);
          if (matcher.find()) {
            pods.add(matcher.group(1));
          }
          return pods.size() == 3;
        });
  }

  @Test
  void namesResolveInsidePods() {
    String pod = visitor();
    assertThat(kubectl.run("exec", pod, "--", "sh", "-c", "cat /etc/resolv.conf"))
        .contains("search default.svc.cluster.local svc.cluster.local cluster.local");
    assertThat(
            kubectl.run(
                "exec", pod, "--", "wget", "-qO-", "http://greeter.default.svc.cluster.local/"))
        .contains("Hello from greeter-");
  }

  @Test
  void kubectlShowsWhatThereIs() {
    assertThat(kubectl.run("get", "nodes", "-o", "wide")).contains("Ready").contains("coracle://");
    assertThat(kubectl.run("get", "pods", "-l", "app=greeter")).contains("1/1").contains("Running");
    assertThat(
            kubectl.run("get", "deployment", "greeter", "-o", "jsonpath={.status.readyReplicas}"))
        .isEqualTo("3");
    assertThat(kubectl.run("get", "service", "greeter", "-o", "yaml")).contains("clusterIP:");
    assertThat(kubectl.run("describe", visitor()))
        .contains("Successfully assigned")
        .contains("Container started");
    assertThat(kubectl.run("explain", "pod.spec.containers")).contains("KIND:").contains("image");
    assertThat(kubectl.run("api-resources")).contains("deployments").contains("ingresses");
    assertThat(kubectl.run("events")).contains("Scaled up replica set");
    assertThat(
            kubectl.run("wait", "--for=condition=Available", "deployment/greeter", "--timeout=30s"))
        .contains("condition met");
  }

  @Test
  void logsAndExecReachContainers() {
    String pod = visitor();
    assertThat(kubectl.run("logs", pod)).contains("listens on port 8080");
    assertThat(kubectl.run("exec", pod, "--", "sh", "-c", "echo $GREETER_URL"))
        .isEqualTo("http://greeter\n");
    assertThat(kubectl.attempt("", "exec", pod, "--", "sh", "-c", "exit 7").exitCode())
        .isEqualTo(7);
    assertThat(kubectl.runWithInput("some words\n", "exec", "-i", pod, "--", "cat"))
        .isEqualTo("some words\n");
  }

  @Test
  void diffAndServerSideApplySeeTheSameObject() {
    String manifest =
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: applied}
        data: {a: "%s"}
        """;
    kubectl.runWithInput(manifest.formatted("1"), "apply", "--server-side", "-f", "-");
    assertThat(kubectl.attempt(manifest.formatted("1"), "diff", "-f", "-").exitCode()).isZero();
    Shell.Result changed = kubectl.attempt(manifest.formatted("2"), "diff", "-f", "-");
    assertThat(changed.exitCode()).as(changed.all()).isEqualTo(1);
    assertThat(changed.out()).contains("-  a: \"1\"").contains("+  a: \"2\"");
    kubectl.run("delete", "configmap", "applied");
  }

  @Test
  void portForwardReachesAPod() throws Exception {
    Process forward = kubectl.start("port-forward", visitor(), ":8080");
    try (var reader = forward.inputReader()) {
      Matcher matcher = Pattern.compile("127\\.0\\.0\\.1:(\\d+)").matcher(reader.readLine());
      assertThat(matcher.find()).isTrue();
      assertThat(get("http://127.0.0.1:" + matcher.group(1) + "/healthz", "localhost"))
          .isEqualTo("ok\n");
    } finally {
      forward.destroy();
      forward.waitFor();
    }
  }

  @Test
  void aLoadBalancerIsReachedAtTheNodesAddress() {
    kubectl.run(
        "expose",
        "deployment/greeter",
        "--name=balanced",
        "--type=LoadBalancer",
        "--port=7080",
        "--target-port=8080");
    kubectl.run(
        "wait",
        "--for=jsonpath={.status.loadBalancer.ingress[0].ip}",
        "service/balanced",
        "--timeout=30s");
    String address =
        kubectl.run(
            "get", "service", "balanced", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}");
    Awaitility.await()
        .atMost(SOON)
        .ignoreExceptions()
        .until(
            () -> get("http://" + address + ":7080/", "localhost").contains("Hello from greeter-"));
    kubectl.run("delete", "service", "balanced");
  }

  @Test
  void aRolloutGoesForthAndBack() {
    kubectl.run("create", "deployment", "roll", "--image=coracle/demo:1", "--replicas=2");
    kubectl.run("rollout", "status", "deployment/roll", "--timeout=60s");
    kubectl.run("set", "image", "deployment/roll", "demo=coracle/demo:2");
    kubectl.run("rollout", "status", "deployment/roll", "--timeout=60s");
    assertThat(kubectl.run("rollout", "history", "deployment/roll")).contains("1").contains("2");
    kubectl.run("rollout", "undo", "deployment/roll");
    kubectl.run("rollout", "status", "deployment/roll", "--timeout=60s");
    assertThat(
            kubectl.run(
                "get",
                "deployment",
                "roll",
                "-o",
                "jsonpath={.spec.template.spec.containers[0].image}"))
        .isEqualTo("coracle/demo:1");
    kubectl.run("scale", "deployment/roll", "--replicas=3");
    kubectl.run("rollout", "status", "deployment/roll", "--timeout=60s");
    kubectl.run("delete", "deployment", "roll");
    kubectl.run("wait", "--for=delete", "pod", "-l", "app=roll", "--timeout=60s");
  }

  @Test
  void aKilledContainerRunsAgain() {
    kubectl.run(
        "run",
        "heal",
        "--image=coracle/demo:1",
        "--command",
        "--",
        "sh",
        "-c",
        "sleep 100000 & wait");
    kubectl.run("wait", "--for=condition=Ready", "pod/heal", "--timeout=60s");
    // The container's first process ignores every signal but its own namespace's parent's: kill it
    // from the host.
    String uid = kubectl.run("get", "pod", "heal", "-o", "jsonpath={.metadata.uid}");
    long killed =
        ProcessHandle.allProcesses()
            .filter(p -> cgroupOf(p.pid()).contains(uid))
            .filter(p -> p.info().commandLine().orElse("").contains("sleep 100000"))
            .peek(ProcessHandle::destroyForcibly)
            .count();
    assertThat(killed).as("processes of the pod found by its cgroup").isPositive();
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            kubectl
                .run(
                    "get",
                    "pod",
                    "heal",
                    "-o",
                    "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}")
                .equals("1 true"));
    kubectl.run("delete", "pod", "heal", "--grace-period=1");
  }

  @Test
  void anImageThatDoesNotExistSaysSo() {
    kubectl.run("run", "missing", "--image=nowhere.invalid/no/such:1");
    Awaitility.await()
        .atMost(SOON)
        .until(() ->
            kubectl.run("get", "pod", "missing").contains("ErrImagePull")
                || kubectl.run("get", "pod", "missing").contains("ImagePullBackOff"));
    assertThat(kubectl.run("describe", "pod", "missing"))
        .contains("Failed to pull image \"nowhere.invalid/no/such:1\"");
    kubectl.run("delete", "pod", "missing", "--grace-period=0", "--force");
  }

  @Test
  void aCommandThatDoesNotExistSaysSo() {
    kubectl.run(
        "run",
        "nocommand",
        "--image=coracle/demo:1",
        "--restart=Never",
        "--command",
        "--",
        "/no/such/program");
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(kubectl.run("describe", "pod", "nocommand"))
                .contains("/no/such/program")
                .contains("no such file or directory"));
    kubectl.run("delete", "pod", "nocommand", "--grace-period=0", "--force");
  }

  @Test
  void brokenManifestsAreRefusedAndNothingIsLost() {
    Shell.Result unknownField =
        kubectl.attempt(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndataa: {a: b}\n",
            "apply",
            "-f",
            "-");
    assertThat(unknownField.exitCode()).isEqualTo(1);
    assertThat(unknownField.err()).contains("unknown field \"dataa\"");
    Shell.Result unknownKind =
        kubectl.attempt("apiVersion: v1\nkind: Boat\nmetadata: {name: x}\n", "apply", "-f", "-");
    assertThat(unknownKind.err()).contains("no matches for kind \"Boat\" in version \"v1\"");
    Shell.Result invalid =
        kubectl.attempt(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Not_A_Name}\n", "create", "-f", "-");
    assertThat(invalid.err())
        .contains("Invalid value: \"Not_A_Name\"")
        .contains("RFC 1123 subdomain");
    assertThat(kubectl.run("get", "configmap", "greeter")).contains("greeter");
  }

  @Test
  void everyComponentCountsForPrometheus() {
    String metrics = kubectl.run("get", "--raw", "/metrics");
    assertThat(metrics)
        .contains("apiserver_request_total")
        .contains("scheduler_")
        .contains("workqueue_depth")
        .contains("kubelet_")
        .contains("kubeproxy_service_ports")
        .contains("coredns_dns_requests_total")
        .contains("process_cpu_seconds_total");
    assertThat(kubectl.run("get", "--raw", "/metrics/kube-state"))
        .contains("kube_pod_status_phase");
  }

  @Test
  void healthIsToldWithoutAnIdentityAndNothingElseIs() throws Exception {
    assertThat(Shell.run("curl", "-sk", coracle.apiUrl() + "/readyz").out()).isEqualTo("ok");
    assertThat(Shell.run("curl", "-sk", coracle.apiUrl() + "/api/v1/pods").out())
        .contains("\"code\": 403");
    assertThat(Shell.run("curl", "-sk", coracle.apiUrl() + "/dashboard/").out()).contains("<html");
  }

  private String visitor() {
    return kubectl.run(
        "get", "pod", "-l", "app=visitor", "-o", "jsonpath=pod/{.items[0].metadata.name}");
  }

  private static String cgroupOf(long pid) {
    try {
      return java.nio.file.Files.readString(Path.of("/proc/" + pid + "/cgroup"));
    } catch (IOException e) {
      return "";
    }
  }

  private String ingress(String host) throws Exception {
    return get("http://127.0.0.1:" + coracle.ingressPort() + "/", host);
  }

  private String get(String url, String host) throws Exception {
    return Shell.run("curl", "-s", "--max-time", "5", "-H", "Host: " + host, url).out();
  }
}
