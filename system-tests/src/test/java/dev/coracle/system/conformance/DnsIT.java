package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Names of services and pods. */
@Conformance
class DnsIT {

  private static void resolves(Space space, String name, String ip) {
    Awaitility.await(name + " is " + ip)
        .atMost(Duration.ofSeconds(60))
        .until(() -> Exec.run(space, "client", "main", "nslookup", name).out().contains(ip));
  }

  private static void client(Space space) {
    space.start(TestPod.sleeping("client"));
  }

  @Test
  @DisplayName("[sig-network] DNS should provide DNS for the cluster [Conformance]")
  void cluster(Space space) {
    client(space);
    String ip =
        text(
            space.api().get("/api/v1/namespaces/default/services/kubernetes").ok(),
            "/spec/clusterIP");
    resolves(space, "kubernetes.default.svc.cluster.local.", ip);
  }

  @Test
  @DisplayName("[sig-network] DNS should provide DNS for services [Conformance]")
  void services(Space space) {
    client(space);
    JsonNode pod = space.start(TestPod.server("server", "d", 8080));
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: headless}, spec: {clusterIP: None,"
            + " selector: {app: d}, ports: [{name: http, port: 80, targetPort: 8080, protocol:"
            + " TCP}]}}");
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: plain}, spec: {selector: {app: d}, ports:"
            + " [{name: http, port: 80, targetPort: 8080, protocol: TCP}]}}");
    String zone = "." + space.namespace() + ".svc.cluster.local.";
    resolves(space, "headless" + zone, text(pod, "/status/podIP"));
    resolves(space, "plain" + zone, text(space.get("services", "plain"), "/spec/clusterIP"));
    String srv = Exec.shell(space, "client", "nslookup -type=srv _http._tcp.plain" + zone);
    assertThat(srv).contains("80 plain." + space.namespace() + ".svc.cluster.local");
  }

  @Test
  @DisplayName(
      "[sig-network] DNS should resolve DNS of partial qualified names for services [LinuxOnly]"
          + " [Conformance]")
  void partial(Space space) {
    client(space);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: plain}, spec: {selector: {app: d}, ports:"
            + " [{port: 80}]}}");
    String ip = text(space.get("services", "plain"), "/spec/clusterIP");
    for (String name :
        List.of("plain", "plain." + space.namespace(), "plain." + space.namespace() + ".svc")) {
      Awaitility.await(name)
          .atMost(Duration.ofSeconds(60))
          .until(() ->
              Exec.run(space, "client", "main", "sh", "-c", "ping -c 1 -W 1 " + name)
                  .out()
                  .contains("(" + ip + ")"));
    }
  }

  @Test
  @DisplayName("[sig-network] DNS should provide /etc/hosts entries for the cluster [Conformance]")
  void hosts(Space space) {
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: sub}, spec: {clusterIP: None, selector:"
            + " {app: d}, ports: [{port: 80}]}}");
    JsonNode pod =
        space.start(TestPod.sleeping("main").spec("{hostname: querier, subdomain: sub}"));
    assertThat(Exec.shell(space, "main", "cat /etc/hosts"))
        .contains(
            text(pod, "/status/podIP")
                + "\tquerier.sub."
                + space.namespace()
                + ".svc.cluster.local\tquerier");
  }

  @Test
  @DisplayName("[sig-network] DNS should provide DNS for pods for Hostname [Conformance]")
  void hostname(Space space) {
    client(space);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: sub}, spec: {clusterIP: None, selector:"
            + " {app: h}, ports: [{port: 80}]}}");
    JsonNode pod =
        space.start(
            TestPod.sleeping("main")
                .meta("{labels: {app: h}}")
                .spec("{hostname: querier, subdomain: sub}"));
    resolves(
        space,
        "querier.sub." + space.namespace() + ".svc.cluster.local.",
        text(pod, "/status/podIP"));
    assertThat(Exec.shell(space, "main", "hostname")).isEqualTo("querier\n");
  }

  @Test
  @DisplayName("[sig-network] DNS should provide DNS for pods for Subdomain [Conformance]")
  void subdomain(Space space) {
    client(space);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: sub}, spec: {clusterIP: None, selector:"
            + " {app: h}, ports: [{port: 80}]}}");
    JsonNode pod =
        space.start(
            TestPod.sleeping("main")
                .meta("{labels: {app: h}}")
                .spec("{hostname: querier, subdomain: sub}"));
    resolves(space, "sub." + space.namespace() + ".svc.cluster.local.", text(pod, "/status/podIP"));
    assertThat(Exec.shell(space, "main", "hostname -f"))
        .isEqualTo("querier.sub." + space.namespace() + ".svc.cluster.local\n");
  }

  @Test
  @DisplayName("[sig-network] DNS should provide DNS for ExternalName services [Conformance]")
  void externalName(Space space) {
    client(space);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: ext}, spec: {type: ExternalName,"
            + " externalName: foo.example.com}}");
    String name = "ext." + space.namespace() + ".svc.cluster.local.";
    String ask = "nslookup -type=cname " + name;
    awaitText(space, ask, "foo.example.com");
    space.merge("services", "ext", "{spec: {externalName: bar.example.com}}");
    awaitText(space, ask, "bar.example.com");
    space.merge(
        "services",
        "ext",
        "{spec: {type: ClusterIP, externalName: null, ports: [{port: 80, protocol: TCP}]}}");
    resolves(space, name, text(space.get("services", "ext"), "/spec/clusterIP"));
  }

  private static void awaitText(Space space, String command, String wanted) {
    Awaitility.await(wanted)
        .atMost(Duration.ofSeconds(60))
        .until(() -> Exec.run(space, "client", "main", "sh", "-c", command).out().contains(wanted));
  }

  @Test
  @DisplayName("[sig-network] DNS should support configurable pod DNS nameservers [Conformance]")
  void configurable(Space space) {
    space.start(
        TestPod.sleeping("main")
            .spec(
                "{dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches:"
                    + " [resolv.conf.local], options: [{name: ndots, value: '2'}]}}"));
    assertThat(Exec.shell(space, "main", "cat /etc/resolv.conf"))
        .isEqualTo("search resolv.conf.local\nnameserver 1.1.1.1\noptions ndots:2\n");
  }
}
