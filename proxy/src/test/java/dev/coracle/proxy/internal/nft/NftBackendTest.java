package dev.coracle.proxy.internal.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.net.IpFamily;
import dev.coracle.proxy.internal.ServicePort;
import dev.coracle.proxy.internal.ServicePort.Endpoint;
import dev.coracle.proxy.internal.ServicePort.Outside;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real packets through real rules, on a node of network namespaces. */
class NftBackendTest {

  private static final String TABLE = "coracle_test_proxy";

  @TempDir private Path directory;

  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();
  private NodeOfNamespaces host;
  private NftBackend backend;

  @BeforeEach
  void network() throws Exception {
    host = new NodeOfNamespaces(directory);
    backend =
        new NftBackend(new Nft(host.nft, blocking), TABLE, "10.99.0.0/24,fd00:99::/64", false);
    backend.open().await().atMost(Duration.ofSeconds(10));
  }

  @AfterEach
  void clear() throws Exception {
    if (host != null) {
      host.close();
    }
    blocking.shutdownNow();
  }

  @Test
  void trafficIsBalancedOverTheEndpoints() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2), endpoint(3)));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 40 && seen.size() < 2; i++) {
      seen.add(host.get(4, "http://10.96.0.5/"));
    }
    assertThat(seen).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(host.getFromNode("http://10.96.0.5/")).startsWith("pod ");
  }

  @Test
  void changesTakeEffectAndRemovalTakesAllAway() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
    apply(port("shop/web:http", 30080, 0, endpoint(3)));
    assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo("pod 3");
    assertThat(host.get(4, "http://10.99.0.1:30080/")).isEqualTo("pod 3");
    apply(port("shop/web:http", 30080, 600, endpoint(2), endpoint(3)));
    backend.apply(List.of(), List.of("shop/web:http")).await().atMost(Duration.ofSeconds(10));
    assertThat(host.rules(TABLE)).doesNotContain("svc_", "ext_", "aff_", "10.96.0.5");
  }

  @Test
  void aServiceWithoutEndpointsRefusesAtOnce() throws Exception {
    apply(port("shop/web:http", 0, 0));
    long begin = System.nanoTime();
    assertThat(host.get(4, "http://10.96.0.5/")).isEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aPodReachesItselfThroughItsService() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    assertThat(host.get(2, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aClientWithAffinityStaysWithItsEndpoint() throws Exception {
    apply(port("shop/web:http", 0, 600, endpoint(2), endpoint(3)));
    String first = host.get(4, "http://10.96.0.5/");
    assertThat(first).startsWith("pod ");
    for (int i = 0; i < 10; i++) {
      assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo(first);
    }
  }

  /** As on a kernel without br_netfilter. */
  @Test
  void aServersPodSeesItsClientsAddressWherePodsAreRouted() throws Exception {
    route(2);
    route(4);
    host.inNode("sh", "-c", "echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables");
    backend.close().await().atMost(Duration.ofSeconds(10));
    NftBackend bridged = withoutBridgeCalls(false);
    bridged
        .apply(List.of(port("shop/web:http", 0, 0, endpoint(2))), List.of())
        .await()
        .atMost(Duration.ofSeconds(10));
    assertThat(host.get(4, "http://10.96.0.5/cgi-bin/client")).isEqualTo("10.99.0.1");
    bridged.close().await().atMost(Duration.ofSeconds(10));
    NftBackend routed = withoutBridgeCalls(true);
    routed
        .apply(List.of(port("shop/web:http", 0, 0, endpoint(2))), List.of())
        .await()
        .atMost(Duration.ofSeconds(10));
    assertThat(host.get(4, "http://10.96.0.5/cgi-bin/client")).isEqualTo("10.99.0.4");
    assertThat(host.get(2, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  private NftBackend withoutBridgeCalls(boolean podsAreRouted) {
    NftBackend made =
        new NftBackend(
            new Nft(host.nft, blocking),
            TABLE,
            "10.99.0.0/24",
            podsAreRouted,
            directory.resolve("missing"));
    made.open().await().atMost(Duration.ofSeconds(10));
    return made;
  }

  /** Its address alone, and everything else by way of the node. */
  private void route(int pod) throws Exception {
    String address = "10.99.0." + pod;
    NodeOfNamespaces.run("ip", "-n", host.pod(pod), "addr", "flush", "dev", "eth0");
    NodeOfNamespaces.run("ip", "-n", host.pod(pod), "addr", "add", address + "/32", "dev", "eth0");
    NodeOfNamespaces.run("ip", "-n", host.pod(pod), "route", "add", "10.99.0.1", "dev", "eth0");
    NodeOfNamespaces.run("ip", "-n", host.pod(pod), "route", "add", "default", "via", "10.99.0.1");
    host.inNode(
        "sh",
        "-c",
        "for f in all br0; do echo 0 > /proc/sys/net/ipv4/conf/$f/send_redirects; done");
  }

  @Test
  void aServiceOfIpv6LeadsToItsEndpointsFromPodsAndNodeAndByItsNodePort() throws Exception {
    apply(port("shop/web:http", 30080, 0, endpoint(2)));
    assertThat(tables()).doesNotContain("ip6 " + TABLE);
    apply(ipv6Port(30080, 0, ipv6Endpoint(2), ipv6Endpoint(3)));
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 40 && seen.size() < 2; i++) {
      seen.add(host.get(4, "http://[fd00:96::5]/"));
    }
    assertThat(seen).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(host.getFromNode("http://[fd00:96::5]/")).startsWith("pod ");
    assertThat(host.get(4, "http://[fd00:99::1]:30080/")).startsWith("pod ");
    assertThat(host.getFromNode("http://[2001:db8:77::1]:30080/")).startsWith("pod ");
    assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo("pod 2");
  }

  @Test
  void aPodReachesItselfAndAClientStaysInIpv6Too() throws Exception {
    apply(ipv6Port(0, 600, ipv6Endpoint(2), ipv6Endpoint(3)));
    String first = host.get(4, "http://[fd00:96::5]/");
    assertThat(first).startsWith("pod ");
    for (int i = 0; i < 10; i++) {
      assertThat(host.get(4, "http://[fd00:96::5]/")).isEqualTo(first);
    }
    apply(ipv6Port(0, 0, ipv6Endpoint(2)));
    assertThat(host.get(2, "http://[fd00:96::5]/")).isEqualTo("pod 2");
    apply(ipv6Port(0, 0));
    assertThat(host.get(4, "http://[fd00:96::5]/")).isEmpty();
    backend.apply(List.of(), List.of("shop/web:http/IPv6")).await().atMost(Duration.ofSeconds(10));
    assertThat(
            NodeOfNamespaces.output(
                "ip", "netns", "exec", host.node, "nft", "list", "table", "ip6", TABLE))
        .contains("chain services")
        .doesNotContain("svc_", "ext_", "aff_", "fd00:96::5");
    backend.close().await().atMost(Duration.ofSeconds(10));
    assertThat(tables()).doesNotContain(TABLE);
  }

  private static ServicePort ipv6Port(int nodePort, int affinity, Endpoint... endpoints) {
    return new ServicePort(
        "shop/web:http/IPv6",
        IpFamily.IPv6,
        "tcp",
        List.of("fd00:96::5"),
        80,
        List.of(endpoints),
        List.of(endpoints),
        Outside.nodePort(nodePort, List.of(endpoints)),
        affinity);
  }

  private static Endpoint ipv6Endpoint(int pod) {
    return new Endpoint("fd00:99::" + pod, 8080);
  }

  private String tables() throws Exception {
    return NodeOfNamespaces.output("ip", "netns", "exec", host.node, "nft", "list", "tables");
  }

  @Test
  void closingRemovesTheTable() throws Exception {
    apply(port("shop/web:http", 0, 0, endpoint(2)));
    backend.close().await().atMost(Duration.ofSeconds(10));
    assertThat(tables()).doesNotContain(TABLE);
  }

  private void apply(ServicePort port) {
    backend.apply(List.of(port), List.of()).await().atMost(Duration.ofSeconds(10));
  }

  private static ServicePort port(String key, int nodePort, int affinity, Endpoint... endpoints) {
    return new ServicePort(
        key,
        IpFamily.IPv4,
        "tcp",
        List.of("10.96.0.5"),
        80,
        List.of(endpoints),
        List.of(endpoints),
        Outside.nodePort(nodePort, List.of(endpoints)),
        affinity);
  }

  private static Endpoint endpoint(int pod) {
    return new Endpoint("10.99.0." + pod, 8080);
  }
}
