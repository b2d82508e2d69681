package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What dig says of a running cluster's names (Kubernetes DNS-Based Service Discovery, 1.1.0), asked
 * at the address that pods ask.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DnsIT {

  private static final Duration SOON = Duration.ofSeconds(120);

  private CoracleProcess coracle;
  private Kubectl kubectl;
  private String server = "";

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    assumeThat(Shell.has("dig")).as("needs the program dig").isTrue();
    coracle = CoracleProcess.start(directory.resolve("data"));
    kubectl = coracle.kubectl();
    kubectl.run("apply", "-f", CoracleProcess.HOME.resolve("demo/1-greeter.yaml").toString());
    kubectl.runWithInput(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: heads}
        spec: {clusterIP: None, selector: {app: greeter}, ports: [{name: http, port: 8080}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: other}
        spec: {type: ExternalName, externalName: greeter.default.svc.cluster.local}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: idle}
        spec: {clusterIP: None, selector: {app: nobody}, ports: [{port: 80}]}
        """,
        "apply",
        "-f",
        "-");
    kubectl.run("rollout", "status", "deployment/greeter", "--timeout=120s");
    server =
        kubectl.run(
            "get", "service", "-n", "kube-system", "kube-dns", "-o", "jsonpath={.spec.clusterIP}");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> dig("heads.default.svc.cluster.local", "+short").lines().count() == 3);
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  @Test
  void aServiceHasItsAddressOverUdpAndTcpForFiveSeconds() {
    String address = clusterIp("greeter");
    String answer = dig("greeter.default.svc.cluster.local");
    assertThat(answer).contains("status: NOERROR").contains("flags: qr aa rd");
    assertThat(answer).containsPattern("local\\.\\s+5\\s+IN\\s+A\\s+" + Pattern.quote(address));
    assertThat(dig("greeter.default.svc.cluster.local", "+tcp", "+short").strip())
        .isEqualTo(address);
    assertThat(dig("GREETER.default.SVC.cluster.local", "+short").strip()).isEqualTo(address);
    assertThat(dig("greeter.default.svc.cluster.local", "AAAA"))
        .contains("status: NOERROR")
        .contains("ANSWER: 0")
        .contains("SOA");
  }

  @Test
  void aHeadlessServiceHasItsReadyPods() {
    assertThat(dig("heads.default.svc.cluster.local", "+short").lines().toList())
        .containsExactlyInAnyOrderElementsOf(podAddresses());
    assertThat(dig("idle.default.svc.cluster.local")).contains("status: NXDOMAIN");
    String pod = podAddresses().getFirst();
    assertThat(dig(pod.replace('.', '-') + ".heads.default.svc.cluster.local", "+short").strip())
        .isEqualTo(pod);
  }

  @Test
  void namedPortsHaveServiceRecordsWithTheAddressesBeside() {
    assertThat(dig("_http._tcp.greeter.default.svc.cluster.local", "SRV"))
        .containsPattern("SRV\\s+0 100 80 greeter\\.default\\.svc\\.cluster\\.local\\.")
        .containsPattern("A\\s+" + Pattern.quote(clusterIp("greeter")));
    String pods = dig("_http._tcp.heads.default.svc.cluster.local", "SRV");
    for (String pod : podAddresses()) {
      assertThat(pods)
          .contains("0 100 8080 " + pod.replace('.', '-') + ".heads.default.svc.cluster.local.")
          .containsPattern("A\\s+" + Pattern.quote(pod));
    }
    assertThat(dig("_none._tcp.greeter.default.svc.cluster.local", "SRV"))
        .contains("status: NXDOMAIN");
  }

  @Test
  void addressesHaveTheirNames() {
    assertThat(dig("-x", clusterIp("greeter"), "+short").strip())
        .isEqualTo("greeter.default.svc.cluster.local.");
    String pod = podAddresses().getFirst();
    assertThat(dig("-x", pod, "+short").strip())
        .isEqualTo(pod.replace('.', '-') + ".heads.default.svc.cluster.local.");
    assertThat(dig("10-1-2-3.default.pod.cluster.local", "+short").strip()).isEqualTo("10.1.2.3");
    assertThat(dig("10-1-2-3.nowhere.pod.cluster.local")).contains("status: NXDOMAIN");
  }

  @Test
  void anExternalNameIsAnAliasThatIsFollowed() {
    assertThat(dig("other.default.svc.cluster.local"))
        .containsPattern("CNAME\\s+greeter\\.default\\.svc\\.cluster\\.local\\.")
        .containsPattern("A\\s+" + Pattern.quote(clusterIp("greeter")));
  }

  @Test
  void whatIsNotThereMayBeRememberedForAsLongAsTheZoneSays() {
    assertThat(dig("nobody.default.svc.cluster.local"))
        .contains("status: NXDOMAIN")
        .containsPattern("cluster\\.local\\.\\s+5\\s+IN\\s+SOA\\s+ns\\.dns\\.cluster\\.local\\.");
    assertThat(dig("default.svc.cluster.local")).contains("status: NOERROR").contains("ANSWER: 0");
    assertThat(dig("dns-version.cluster.local", "TXT", "+short").strip()).isEqualTo("\"1.1.0\"");
    assertThat(dig("greeter.default.svc.cluster.local", "+edns=1", "+noednsnegotiation"))
        .contains("status: BADVERS");
  }

  @Test
  void podsFindEachOtherByShortNamesThroughTheSearchPath() {
    String pod =
        kubectl.run(
            "get", "pod", "-l", "app=greeter", "-o", "jsonpath=pod/{.items[0].metadata.name}");
    for (String name : List.of("greeter", "greeter.default", "greeter.default.svc")) {
      assertThat(kubectl.run("exec", pod, "--", "wget", "-qO-", "http://" + name + "/"))
          .as(name)
          .contains("Hello from greeter-");
    }
  }

  @Test
  void aNewServiceIsKnownAtOnceAndADeletedOneIsForgotten() {
    kubectl.run("create", "service", "clusterip", "brief", "--tcp=80");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> !dig("brief.default.svc.cluster.local", "+short").isBlank());
    kubectl.run("delete", "service", "brief");
    Awaitility.await()
        .atMost(SOON)
        .until(() -> dig("brief.default.svc.cluster.local").contains("status: NXDOMAIN"));
  }

  private String clusterIp(String service) {
    return kubectl.run("get", "service", service, "-o", "jsonpath={.spec.clusterIP}");
  }

  private List<String> podAddresses() {
    return kubectl
        .run("get", "pods", "-l", "app=greeter", "-o", "jsonpath={.items[*].status.podIP}")
        .lines()
        .flatMap(line -> List.of(line.split(" ")).stream())
        .toList();
  }

  private String dig(String... arguments) {
    List<String> command = new ArrayList<>(List.of("dig", "@" + server, "+time=5", "+tries=2"));
    command.addAll(List.of(arguments));
    return Shell.run(SOON, Map.of(), "", command).out();
  }
}
