package dev.coracle.proxy.internal.overlay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.api.net.Cidr;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the kernel is told of a device and its peers. */
class VxlanTest {

  private final Vxlan vxlan =
      new Vxlan("cortestx", ClusterRanges.of("10.244.0.0/16,fd00:244::/32"));
  private final String node = "cvx" + Long.toString(ProcessHandle.current().pid(), 36);
  private boolean made;

  private static Peer peer(int number, String ipv6) {
    return new Peer(
        "n" + number,
        "192.0.2." + number,
        Cidr.parse("10.244." + number + ".0/24").orElseThrow(),
        Optional.of(ipv6).filter(r -> !r.isEmpty()).map(r -> Cidr.parse(r).orElseThrow()));
  }

  @AfterEach
  void removeNamespace() throws Exception {
    if (made) {
      run("", "ip", "netns", "del", node);
    }
  }

  @Test
  void aPeerOfIpv4IsToldInTwoLines() {
    assertThat(vxlan.creation(peer(1, ""), 1450))
        .isEqualTo(
            """
            link add cortestx type vxlan id 9106432 local 192.0.2.1 dstport 8472 nolearning
            link set cortestx address 0a:58:0a:f4:01:00
            addr add 10.244.1.0/32 dev cortestx
            link set cortestx mtu 1450 up
            """);
    assertThat(vxlan.routes(List.of(peer(2, ""))))
        .isEqualTo(
            """
            neigh replace 10.244.2.0 lladdr 0a:58:0a:f4:02:00 dev cortestx nud permanent
            route replace 10.244.2.0/24 via 10.244.2.0 dev cortestx onlink
            """);
  }

  @Test
  void aPeerOfIpv6AloneIsToldTheSameWay() {
    Vxlan alone = new Vxlan("cortestx", ClusterRanges.of("fd00:244::/56"));
    Peer one =
        new Peer(
            "n1", "2001:db8::1", Cidr.parse("fd00:244:0:1::/64").orElseThrow(), Optional.empty());
    Peer two =
        new Peer(
            "n2", "2001:db8::2", Cidr.parse("fd00:244:0:2::/64").orElseThrow(), Optional.empty());
    assertThat(alone.creation(one, 1430))
        .contains("local 2001:db8::1 dstport 8472")
        .endsWith(
            """
            link set cortestx address 0a:58:00:00:00:01
            addr add fd00:244:0:1::/128 dev cortestx nodad
            link set cortestx mtu 1430 up
            """);
    assertThat(alone.routes(List.of(two)))
        .isEqualTo(
            """
            neigh replace fd00:244:0:2:: lladdr 0a:58:00:00:00:02 dev cortestx nud permanent
            route replace fd00:244:0:2::/64 via fd00:244:0:2:: dev cortestx onlink
            """);
  }

  @Test
  void theKernelTakesPeersOfBothFamilies() throws Exception {
    assumeThat(System.getProperty("user.name")).as("needs root").isEqualTo("root");
    assumeThat(Path.of("/proc/sys/net/ipv6")).as("needs a kernel with IPv6").exists();
    run("", "ip", "netns", "add", node);
    made = true;
    // The bridge answers for the node's own range, and so has its first address too.
    inNode("link add br0 type bridge\naddr add fd00:244:1::1/64 dev br0 nodad\nlink set br0 up\n");
    run(
        "",
        "ip",
        "netns",
        "exec",
        node,
        "sh",
        "-c",
        "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding");

    inNode(vxlan.creation(peer(1, "fd00:244:1::/64"), 1450));
    inNode(vxlan.routes(List.of(peer(2, "fd00:244:2::/64"))));

    assertThat(inNode("route get 10.244.2.9\n"))
        .contains("via 10.244.2.0 dev cortestx src 10.244.1.0");
    assertThat(inNode("route get fd00:244:2::9\n"))
        .contains("via fd00:244:2:: dev cortestx")
        .contains("src fd00:244:1::");
    assertThat(run("", "ip", "-n", node, "-6", "neigh", "show", "dev", "cortestx"))
        .contains("fd00:244:2:: lladdr 0a:58:0a:f4:02:00", "PERMANENT");
  }

  private String inNode(String script) throws Exception {
    return run(script, "ip", "-n", node, "-batch", "-");
  }

  private static String run(String input, String... command) throws Exception {
    List<String> words = new ArrayList<>(Arrays.asList(command));
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.US_ASCII));
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
    return output;
  }
}
