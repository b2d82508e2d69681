package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** From pod to pod, from node to pod. */
@Conformance
class PodNetworkIT {

  @Test
  @DisplayName(
      "[sig-network] HostPort validates that there is no conflict between pods with same hostPort"
          + " but different hostIP and protocol [LinuxOnly] [Conformance]")
  void hostPorts(Space space) {
    String host = text(space.start(TestPod.sleeping("where")), "/status/hostIP");
    String port = "{ports: [{containerPort: 8080, hostPort: 54323, hostIP: %s, protocol: %s}]}";
    for (String[] pod :
        new String[][] {
          {"one", "127.0.0.1", "TCP"}, {"two", host, "TCP"}, {"three", host, "UDP"}
        }) {
      space.start(TestPod.server(pod[0], "hp", 8080).container(port.formatted(pod[1], pod[2])));
    }
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    String ask = "timeout 5 wget -qO- http://%s:54323/cgi-bin/hostname";
    assertThat(Exec.shell(space, "client", ask.formatted("127.0.0.1"))).isEqualTo("one\n");
    assertThat(Exec.shell(space, "client", ask.formatted(host))).isEqualTo("two\n");
  }

  @Test
  @DisplayName(
      "[sig-network] Networking Granular Checks: Pods should function for intra-pod communication:"
          + " http [Conformance] [NodeConformance]")
  void intraPod(Space space) {
    String server = text(space.start(TestPod.server("server", "g", 8080)), "/status/podIP");
    space.start(TestPod.sleeping("client"));
    assertThat(
            Exec.shell(
                space, "client", "timeout 5 wget -qO- http://" + server + ":8080/cgi-bin/hostname"))
        .isEqualTo("server\n");
  }

  @Test
  @DisplayName(
      "[sig-network] Networking Granular Checks: Pods should function for node-pod communication:"
          + " http [LinuxOnly] [Conformance] [NodeConformance]")
  void nodePod(Space space) {
    String server = text(space.start(TestPod.server("server", "g", 8080)), "/status/podIP");
    space.start(TestPod.sleeping("client").spec("{hostNetwork: true}"));
    assertThat(
            Exec.shell(
                space, "client", "timeout 5 wget -qO- http://" + server + ":8080/cgi-bin/hostname"))
        .isEqualTo("server\n");
  }

  @Test
  @DisplayName(
      "[sig-network] Networking Granular Checks: Pods should function for intra-pod communication:"
          + " udp [Conformance] [NodeConformance]")
  void intraPodDatagrams(Space space) {
    datagrams(space, "{}");
  }

  @Test
  @DisplayName(
      "[sig-network] Networking Granular Checks: Pods should function for node-pod communication:"
          + " udp [LinuxOnly] [Conformance] [NodeConformance]")
  void nodePodDatagrams(Space space) {
    datagrams(space, "{hostNetwork: true}");
  }

  /** Each of two servers answers with its own name. */
  private static void datagrams(Space space, String clientSpec) {
    for (String name : List.of("one", "two")) {
      space.create(
          NetProbe.pod(name)
              .script("exec " + NetProbe.command("udp-server", "8081", "$(hostname)"))
              .json());
    }
    space.start(NetProbe.pod("client").spec(clientSpec).script("exec sleep 3600"));
    for (String name : List.of("one", "two")) {
      space.awaitLog(name, "main", "listening");
      String address = text(space.awaitReady(name), "/status/podIP");
      assertThat(Exec.shell(space, "client", NetProbe.command("udp-ask", address, "8081")))
          .isEqualTo(name + "\n");
    }
  }
}
