package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pods with an address of each IP family on the built-in runtime (KEP-563). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class DualStackPodsIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String PODS = "10.231.0.0/16,fd00:c0:231::/56";
  private static final String SERVICES = "10.232.0.0/16,fd00:c0:232::/112";

  private static final String OBJECTS =
      """
      apiVersion: v1
      kind: Pod
      metadata: {name: web, labels: {app: web}}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - name: c
          image: coracle/demo:1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, 'echo "$IPS" > /tmp/index.html; exec busybox httpd -f -p "[::]:8080" -h /tmp']
          env:
          - {name: IPS, valueFrom: {fieldRef: {fieldPath: status.podIPs}}}
          ports: [{containerPort: 8080, name: http}]
          readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: client, labels: {app: client}}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - name: c
          image: coracle/demo:1
          imagePullPolicy: IfNotPresent
          command: [sh, -c, 'trap exit TERM; while true; do busybox sleep 1; done']
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec:
        type: NodePort
        ipFamilyPolicy: RequireDualStack
        selector: {app: web}
        ports: [{port: 80, targetPort: http, name: http}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: heads}
      spec:
        clusterIP: None
        ipFamilyPolicy: RequireDualStack
        selector: {app: web}
        ports: [{port: 8080, name: http}]
      """;

  private CoracleProcess coracle;
  private Kubectl kubectl;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root for pods' networks");
    assumeTrue(Files.isDirectory(Path.of("/proc/sys/net/ipv6")), "needs a kernel with IPv6");
    for (String program : List.of("nft", "dig", "busybox")) {
      assumeTrue(Shell.has(program), "needs the program " + program);
    }
    coracle =
        CoracleProcess.start(
            directory.resolve("data"),
            "--cluster-cidr",
            PODS,
            "--service-cluster-ip-range",
            SERVICES);
    kubectl = coracle.kubectl();
    kubectl.runWithInput(OBJECTS, "apply", "-f", "-");
    kubectl.run("wait", "--for=condition=Ready", "pod/web", "pod/client", "--timeout=120s");
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
      assertThat(Shell.run("nft", "list", "ruleset").out()).doesNotContain("fd00:c0:");
      assertThat(Shell.run("ip", "-6", "route", "show").out()).doesNotContain("fd00:c0:");
    }
  }

  private String field(String object, String path) {
    return kubectl.run("get", object, "-o", "jsonpath={" + path + "}").strip();
  }

  private List<String> fields(String object, String path) {
    return List.of(field(object, path).split(" "));
  }

  private boolean reaches(String pod, String url) {
    return kubectl
            .attempt(
                "", "exec", pod, "--", "busybox", "timeout", "3", "busybox", "wget", "-qO-", url)
            .exitCode()
        == 0;
  }

  private String ask(String pod, String url) {
    return kubectl
        .run("exec", pod, "--", "busybox", "timeout", "10", "busybox", "wget", "-qO-", url)
        .strip();
  }

  @Test
  void aPodHasAnAddressOfEachRangeAndKnowsThem() {
    List<String> ips = fields("pod/web", ".status.podIPs[*].ip");
    assertThat(ips).hasSize(2);
    assertThat(ips.getFirst()).startsWith("10.231.").isEqualTo(field("pod/web", ".status.podIP"));
    assertThat(ips.getLast()).startsWith("fd00:c0:231:");
    String both = String.join(",", ips);
    assertThat(ask("client", "http://" + ips.getFirst() + ":8080/")).isEqualTo(both);
    assertThat(ask("client", "http://[" + ips.getLast() + "]:8080/")).isEqualTo(both);
    assertThat(kubectl.run("exec", "web", "--", "cat", "/etc/hosts"))
        .contains(ips.getFirst() + "\tweb", ips.getLast() + "\tweb");
  }

  @Test
  void aServiceIsReachedByItsAddressAndNodePortOfIpv6() {
    String address = fields("service/web", ".spec.clusterIPs[*]").getLast();
    assertThat(address).startsWith("fd00:c0:232::");
    Awaitility.await().atMost(SOON).until(() -> reaches("client", "http://[" + address + "]/"));
    assertThat(Shell.run("curl", "-sf", "-m", "5", "http://[" + address + "]/").out())
        .contains(field("pod/web", ".status.podIP"));
    String port = field("service/web", ".spec.ports[0].nodePort");
    String gateway = fields("nodes", ".items[0].spec.podCIDRs[*]").getLast().replace("/64", "1");
    assertThat(reaches("client", "http://[" + gateway + "]:" + port + "/")).isTrue();
  }

  @Test
  void namesHaveAddressesOfEachFamily() {
    String server =
        kubectl
            .run(
                "get",
                "service",
                "-n",
                "kube-system",
                "kube-dns",
                "-o",
                "jsonpath={.spec.clusterIP}")
            .strip();
    String address = fields("service/web", ".spec.clusterIPs[*]").getLast();
    assertThat(dig(server, "web.default.svc.cluster.local", "AAAA")).isEqualTo(address);
    assertThat(dig(server, "-x", address)).isEqualTo("web.default.svc.cluster.local.");
    String pod = fields("pod/web", ".status.podIPs[*].ip").getLast();
    Awaitility.await()
        .atMost(SOON)
        .until(() -> dig(server, "heads.default.svc.cluster.local", "AAAA").equals(pod));
  }

  private static String dig(String server, String... question) {
    List<String> command = Shell.list("dig", question);
    command.addAll(List.of("@" + server, "+short"));
    return Shell.run(command.toArray(String[]::new)).out().strip();
  }

  @Test
  void aPolicyHoldsByEitherFamily() {
    String url = "http://[" + fields("pod/web", ".status.podIPs[*].ip").getLast() + "]:8080/";
    assertThat(reaches("client", url)).isTrue();
    kubectl.runWithInput(
        """
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: {name: closed}
        spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
        """,
        "apply",
        "-f",
        "-");
    Awaitility.await().atMost(SOON).until(() -> !reaches("client", url));
    kubectl.run("delete", "networkpolicy", "closed");
    Awaitility.await().atMost(SOON).until(() -> reaches("client", url));
  }
}
