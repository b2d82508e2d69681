package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.cri.v1.PortMapping;
import dev.coracle.cri.v1.Protocol;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.linux.RouteMessages;
import dev.coracle.criruntime.internal.linux.RouteSocket;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bridge and its pods, on a host that is a network namespace of the test. */
class BridgeNetworkTest {
  private static final String BOTH = "10.199.1.0/24,fd00:199:1::/64";
  private static final String BRIDGE = "cor-brtest";
  private static final int PATIENCE_MILLIS = 2000;

  @TempDir Path directory;
  private NetworkNamespace host;
  private NetworkNamespace pod;
  private NetworkNamespace other;
  private BridgeNetwork network;

  @BeforeEach
  void makeNamespaces() throws Exception {
    NetworkNamespace.assumePossible();
    assumeTrue(Files.isDirectory(Path.of("/proc/sys/net/ipv6")), "needs a kernel with IPv6");
    assumeTrue(HostTools.find("nft").isPresent(), "needs nft (Debian: nftables)");
    host = NetworkNamespace.make(directory, "host");
    pod = NetworkNamespace.make(directory, "pod");
    other = NetworkNamespace.make(directory, "other");
    ClusterNames names = ClusterNames.of("brtest");
    network =
        new BridgeNetwork(
            names, new PodFirewall(names, HostTools.find("nft"), List.of("10.199.0.0/16")), 0);
    host.call(() -> RouteSocket.send(new RouteMessages().up("lo", 0)));
  }

  @AfterEach
  void removeNamespaces() throws IOException {
    for (NetworkNamespace each : new NetworkNamespace[] {pod, other, host}) {
      if (each != null) {
        each.close();
      }
    }
  }

  private PodNetwork.Connection connect(NetworkNamespace which, PortMapping... ports)
      throws Exception {
    return host.call(() -> network.connect(described(which, ports)));
  }

  private static PodNetwork.Pod described(NetworkNamespace which, PortMapping... ports) {
    String name = which.file().getFileName().toString();
    return new PodNetwork.Pod(
        (name + "0123456789abcdef").replaceAll("[^0-9a-f]", "0"),
        "default",
        name,
        "uid-" + name,
        Map.of(),
        which.file(),
        List.of(ports));
  }

  private void ranges(String cidrs) throws Exception {
    host.call(() -> {
      network.podCidr(cidrs);
      return cidrs;
    });
  }

  /** Tells one client who it is. */
  private static FutureTask<Void> serve(NetworkNamespace where, int port) throws Exception {
    return serve(where, port, 1);
  }

  /**
   * Tells clients, one after the other, who they are. One server for all: a program that another
   * test starts holds what is closed until it has become itself, and its port with it.
   */
  private static FutureTask<Void> serve(NetworkNamespace where, int port, int clients)
      throws Exception {
    ServerSocket server = where.call(() -> new ServerSocket(port));
    return where.start(() -> {
      try (server) {
        for (int i = 0; i < clients; i++) {
          try (Socket client = server.accept()) {
            String address = client.getInetAddress().getHostAddress();
            client.getOutputStream().write(address.getBytes(StandardCharsets.US_ASCII));
          }
        }
      }
      return null;
    });
  }

  private static String ask(NetworkNamespace from, String address, int port) throws Exception {
    return from.call(() -> {
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(InetAddress.ofLiteral(address), port), PATIENCE_MILLIS);
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      }
    });
  }

  private static String text(String address) {
    return InetAddress.ofLiteral(address).getHostAddress();
  }

  private static String ip(String... arguments) throws IOException {
    String ip = HostTools.find("ip").orElseThrow().toString();
    List<String> command = new java.util.ArrayList<>(List.of(ip));
    command.addAll(List.of(arguments));
    return HostTools.run("", command).orThrow("ip").output();
  }

  @Test
  void aPodHasAnAddressOfEachFamilyAndTheyWorkAtOnce() throws Exception {
    ranges(BOTH);
    PodNetwork.Connection connection = connect(pod);
    assertThat(connection.ips()).containsExactly("10.199.1.2", "fd00:199:1::2");

    FutureTask<Void> served = serve(pod, 8080, 2);
    for (String address : connection.ips()) {
      String gateway = address.contains(":") ? "fd00:199:1::1" : "10.199.1.1";
      assertThat(ask(host, address, 8080)).isEqualTo(text(gateway));
    }
    NetworkNamespace.end(served);
    assertThat(pod.call(() -> ip("-6", "address", "show", "dev", "eth0")))
        .contains("fd00:199:1::2/128 scope global nodad")
        .doesNotContain("tentative");
  }

  @Test
  void whereAnEarlierPodHadAnAddressIsForgotten() throws Exception {
    ranges(BOTH);
    connect(pod);
    for (String next : List.of("10.199.1.3", "fd00:199:1::3")) {
      host.call(() ->
          ip(
              "neigh",
              "replace",
              next,
              "lladdr",
              "02:00:00:00:00:01",
              "nud",
              "reachable",
              "dev",
              BRIDGE));
    }
    List<String> addresses = connect(other).ips();
    FutureTask<Void> served = serve(other, 8080, addresses.size());
    for (String address : addresses) {
      ask(host, address, 8080);
      assertThat(address).endsWith("3");
    }
    NetworkNamespace.end(served);
  }

  @Test
  void theBridgeIsWhereItWasWhenPodsComeAndGo() throws Exception {
    ranges(BOTH);
    String before = hardware();
    connect(pod);
    connect(other);
    assertThat(hardware()).isEqualTo(before);
    for (String port : ports()) {
      // What a pod's device has may be lower than any.
      host.call(() -> ip("link", "set", port, "address", "02:00:00:00:00:01"));
      assertThat(hardware()).isEqualTo(before);
      host.call(() -> ip("link", "delete", port));
      assertThat(hardware()).isEqualTo(before);
    }
  }

  private String hardware() throws Exception {
    return host.call(() -> ip("-o", "link", "show", BRIDGE))
        .replaceAll("(?s).*link/ether (\\S+).*", "$1");
  }

  private List<String> ports() throws Exception {
    return host.call(() -> ip("-o", "link", "show", "master", BRIDGE))
        .lines()
        .map(line -> line.split(": ")[1].split("@")[0])
        .toList();
  }

  @Test
  void podsReachEachOtherThroughTheHostAlone() throws Exception {
    ranges(BOTH);
    PodNetwork.Connection first = connect(pod);
    PodNetwork.Connection second = connect(other);
    FutureTask<Void> served = serve(other, 8080, 2);
    for (int family = 0; family < 2; family++) {
      assertThat(ask(pod, second.ips().get(family), 8080)).isEqualTo(text(first.ips().get(family)));
    }
    NetworkNamespace.end(served);

    assertThat(other.call(() -> ip("-6", "address", "show", "dev", "eth0")))
        .as("an address that leads past the host's rules")
        .doesNotContain("fe80:");
  }

  @Test
  void hostPortsLeadToThePodByEitherFamily() throws Exception {
    ranges(BOTH);
    connect(pod, port(8088, ""), port(8089, "::"));

    FutureTask<Void> served = serve(pod, 8080, 3);
    for (String address : List.of("10.199.1.1", "fd00:199:1::1")) {
      ask(host, address, 8088);
    }
    assertThatThrownBy(() -> ask(host, "10.199.1.1", 8089)).isInstanceOf(IOException.class);
    ask(host, "fd00:199:1::1", 8089);
    NetworkNamespace.end(served);

    host.call(() -> {
      network.disconnect(
          described(pod, port(8088, ""), port(8089, "::")),
          new com.fasterxml.jackson.databind.ObjectMapper()
              .readTree("{\"ips\":[\"10.199.1.2\",\"fd00:199:1::2\"]}"));
      return "";
    });
    assertThat(host.call(() -> nft("list ruleset\n"))).doesNotContain("fd00:199:1::2 . 8080");
  }

  private static PortMapping port(int hostPort, String hostIp) {
    return PortMapping.newBuilder()
        .setHostPort(hostPort)
        .setHostIp(hostIp)
        .setContainerPort(8080)
        .setProtocol(Protocol.TCP)
        .build();
  }

  private static String nft(String script) throws IOException {
    String nft = HostTools.find("nft").orElseThrow().toString();
    return HostTools.run(script, List.of(nft, "-f", "-")).orThrow("nft").output();
  }

  @Test
  void theWorldOutsideSeesTheHostsAddressAndTheClusterThePods() throws Exception {
    ranges(BOTH);
    connect(pod);
    int there = other.descriptor();
    host.call(() -> RouteSocket.send(new RouteMessages().cable("up0", "up1", 0, 0, there)));
    host.call(() -> ip("address", "add", "2001:db8::1/64", "dev", "up0", "nodad"));
    other.call(() -> ip("link", "set", "up1", "up"));
    other.call(() -> ip("address", "add", "2001:db8::9/64", "dev", "up1", "nodad"));

    FutureTask<Void> served = serve(other, 8080);
    assertThat(ask(pod, "2001:db8::9", 8080)).isEqualTo(text("2001:db8::1"));
    NetworkNamespace.end(served);
  }

  @Test
  void whatItMadeGoesWithIt() throws Exception {
    ranges(BOTH);
    connect(pod);
    host.call(() -> {
      network.close();
      return "";
    });
    assertThat(host.call(Devices::names)).containsExactly("lo");
    assertThat(host.call(() -> nft("list ruleset\n"))).isEmpty();
  }

  @Test
  void aClusterOfIpv4TouchesNothingOfIpv6() throws Exception {
    String forwarding = host.call(() -> setting("ipv6/conf/all/forwarding"));
    ranges("10.199.1.0/24");
    assertThat(connect(pod).ips()).containsExactly("10.199.1.2");

    assertThat(host.call(() -> setting("ipv6/conf/all/forwarding"))).isEqualTo(forwarding);
    assertThat(host.call(() -> setting("ipv6/conf/" + BRIDGE + "/accept_dad"))).isEqualTo("1");
    assertThat(host.call(() -> nft("list tables ip6\n"))).isEmpty();
    assertThat(pod.call(() -> ip("-6", "route", "show", "default"))).isEmpty();
  }

  @Test
  void addressesOfAnEarlierRunsPodsAreNotGivenAgainWhenTheRangeIsToldLater() throws Exception {
    host.call(() -> {
      network.adopt(
          described(other),
          new PodNetwork.Connection(
              List.of("10.199.1.2", "fd00:199:1::2"),
              com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode()));
      return "";
    });
    ranges("10.199.1.0/24");
    ranges(BOTH);
    assertThat(connect(pod).ips()).containsExactly("10.199.1.3", "fd00:199:1::3");
  }

  @Test
  void aPodOfIpv6AloneNeedsNoIpv4() throws Exception {
    ranges("fd00:199:2::/64");
    assertThat(connect(pod).ips()).containsExactly("fd00:199:2::2");
    FutureTask<Void> served = serve(pod, 8080);
    assertThat(ask(host, "fd00:199:2::2", 8080)).isEqualTo(text("fd00:199:2::1"));
    NetworkNamespace.end(served);
  }

  private static String setting(String path) throws IOException {
    return Files.readString(Path.of("/proc/sys/net/" + path)).strip();
  }

  @Test
  void aDeviceWhoseDefaultRouteARouterAdvertisedIsKnown() {
    String nowhere = "0".repeat(32);
    String line = "%s %s " + nowhere + " 00 fe800000000000000000000000000001 00000400 1 0 %s %s";
    assertThat(
            Ipv6Settings.advertisedBy(
                List.of(
                    line.formatted(nowhere, "00", "00450003", "    eth0"),
                    line.formatted(nowhere, "00", "00000003", "    eth1"),
                    line.formatted("fd" + "0".repeat(30), "40", "00040001", "    eth2"),
                    "")))
        .containsExactly("eth0");
  }
}
