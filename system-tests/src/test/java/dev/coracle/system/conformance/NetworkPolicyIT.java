package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** NetworkPolicies on real pods. A pod's own node always reaches it, so probes work throughout. */
@Conformance
class NetworkPolicyIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void ingressIsDeniedThenAllowedToLabelledPodsThenOpenAgain(Space space) {
    String server = address(space, TestPod.server("server", "web", 8080));
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web},"
            + " ports: [{port: 8088, targetPort: 8080}]}}");
    String service = text(space.get("services", "web"), "/spec/clusterIP");
    space.start(client("friend", "yes"));
    space.start(client("stranger", "no"));
    awaitOpen(space, "stranger", server, 8080);
    awaitOpen(space, "stranger", service, 8088);

    policy(space, "deny", "{podSelector: {matchLabels: {app: web}}}");
    awaitClosed(space, "stranger", server, 8080);
    awaitClosed(space, "stranger", service, 8088);
    awaitClosed(space, "friend", server, 8080);

    policy(
        space,
        "allow",
        "{podSelector: {matchLabels: {app: web}},"
            + " ingress: [{from: [{podSelector: {matchLabels: {friend: 'yes'}}}]}]}");
    awaitOpen(space, "friend", server, 8080);
    awaitOpen(space, "friend", service, 8088);
    assertThat(reaches(space, "stranger", server, 8080)).isFalse();
    assertThat(reaches(space, "server", service, 8088)).as("a pod reaches itself").isTrue();

    // The labels of a peer count as they are now.
    space.merge("pods", "stranger", "{metadata: {labels: {friend: 'yes'}}}");
    awaitOpen(space, "stranger", server, 8080);
    space.merge("pods", "stranger", "{metadata: {labels: {friend: 'no'}}}");
    awaitClosed(space, "stranger", server, 8080);

    space.delete("networkpolicies.networking.k8s.io", "deny");
    space.delete("networkpolicies.networking.k8s.io", "allow");
    awaitOpen(space, "stranger", server, 8080);
  }

  @Test
  void ingressFromAnotherNamespace(Space space) {
    Space other = space.another();
    String server = address(space, TestPod.server("server", "web", 8080));
    space.start(client("here", "no"));
    other.start(client("there", "no"));
    policy(
        space,
        "from-other",
        "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels:"
            + " {kubernetes.io/metadata.name: "
            + other.namespace()
            + "}}}]}]}");
    awaitClosed(space, "here", server, 8080);
    awaitOpen(other, "there", server, 8080);
  }

  @Test
  void egressIsDeniedButForNames(Space space) {
    String server = address(space, TestPod.server("server", "web", 8080));
    space.start(client("client", "no"));
    awaitOpen(space, "client", server, 8080);
    policy(
        space,
        "names-only",
        "{podSelector: {matchLabels: {friend: 'no'}}, policyTypes: [Egress],"
            + " egress: [{ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}]}");
    awaitClosed(space, "client", server, 8080);
    assertThat(Exec.shell(space, "client", "nslookup kubernetes.default.svc.cluster.local"))
        .contains("Address");
    space.merge(
        "networkpolicies.networking.k8s.io",
        "names-only",
        "{spec: {egress: [{to: [{podSelector: {matchLabels: {app: web}}}]}]}}");
    awaitOpen(space, "client", server, 8080);
  }

  @Test
  void anAddressBlockWithAnException(Space space) {
    String server = address(space, TestPod.server("server", "web", 8080));
    space.start(client("inside", "yes"));
    String excepted = text(space.start(client("excepted", "no")), "/status/podIP");
    policy(
        space,
        "block",
        "{podSelector: {matchLabels: {app: web}}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0,"
            + " except: ["
            + excepted
            + "/32]}}]}]}");
    awaitClosed(space, "excepted", server, 8080);
    awaitOpen(space, "inside", server, 8080);
  }

  @Test
  void aPortByItsName(Space space) {
    TestPod pod = TestPod.server("server", "web", 8080);
    pod.container("{ports: [{name: web, containerPort: 8080}, {name: side, containerPort: 8081}]}");
    pod.script("httpd -p 8081 -h /www; exec httpd -f -p 8080 -h /www");
    String server = address(space, pod);
    space.start(client("client", "no"));
    awaitOpen(space, "client", server, 8080);
    awaitOpen(space, "client", server, 8081);
    policy(space, "named", "{podSelector: {}, ingress: [{ports: [{port: side}]}]}");
    awaitClosed(space, "client", server, 8080);
    awaitOpen(space, "client", server, 8081);
  }

  @Test
  void aConnectionThatIsOpenStaysOpen(Space space) {
    String server =
        address(
            space,
            TestPod.server("server", "web", 8080)
                .script("busybox nc -ll -p 9000 -e cat & exec httpd -f -p 8080 -h /www"));
    space.start(
        new TestPod("client")
            .script(
                "busybox mkfifo /tmp/words; exec 3<>/tmp/words; echo first >&3;"
                    + " exec busybox nc "
                    + server
                    + " 9000 <&3"));
    space.awaitLog("client", "main", "first");
    policy(space, "deny", "{podSelector: {matchLabels: {app: web}}}");
    awaitClosed(space, "client", server, 8080);
    Exec.shell(space, "client", "echo second > /tmp/words");
    space.awaitLog("client", "main", "second");
  }

  /** What such a pod does first is to try what its policy denies. */
  @Test
  void aPodIsIsolatedBeforeAnythingRunsInIt(Space space) {
    String server = address(space, TestPod.server("server", "web", 8080));
    space.start(client("free", "yes"));
    policy(
        space, "no-way-out", "{podSelector: {matchLabels: {friend: 'no'}}, policyTypes: [Egress]}");
    space.start(client("first", "no"));
    awaitClosed(space, "first", server, 8080);
    awaitOpen(space, "free", server, 8080);
    for (int i = 0; i < 4; i++) {
      TestPod pod =
          new TestPod("born-" + i)
              .meta("{labels: {friend: 'no'}}")
              .script("if " + fetch(server, 8080) + "; then echo open; else echo closed; fi");
      assertThat(space.run(pod)).endsWith("closed\n").doesNotContain("open");
    }
  }

  private static TestPod client(String name, String friend) {
    return TestPod.sleeping(name).meta("{labels: {friend: '" + friend + "'}}");
  }

  private static String address(Space space, TestPod server) {
    return text(space.start(server), "/status/podIP");
  }

  private static void policy(Space space, String name, String spec) {
    space.create(
        "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: %s}, spec: %s}"
            .formatted(name, spec));
  }

  private static String fetch(String address, int port) {
    return "timeout 3 wget -qO- http://" + address + ":" + port + "/cgi-bin/hostname";
  }

  private static boolean reaches(Space space, String pod, String address, int port) {
    return Exec.run(space, pod, "", "sh", "-c", fetch(address, port)).succeeded();
  }

  private static void awaitOpen(Space space, String pod, String address, int port) {
    Awaitility.await().atMost(SOON).until(() -> reaches(space, pod, address, port));
  }

  private static void awaitClosed(Space space, String pod, String address, int port) {
    Awaitility.await().atMost(SOON).until(() -> !reaches(space, pod, address, port));
  }
}
