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

/** What comes to a node by external addresses and node ports, with real packets. */
class OutsideTrafficTest {

  private static final String TABLE = "coracle_test_proxy";
  private static final String BALANCED = "http://203.0.113.9/";
  private static final String NODE_PORT = "http://192.168.77.1:30080/";
  private static final String CLIENT = "cgi-bin/client";
  private static final List<Endpoint> BOTH = List.of(endpoint(2), endpoint(3));

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

  private static Endpoint endpoint(int pod) {
    return new Endpoint("10.99.0." + pod, 8080);
  }

  /** With a balancer's address, an external one and a node port. */
  private void apply(
      List<Endpoint> inside, List<Endpoint> outside, boolean keepSource, String... sources) {
    ServicePort port =
        new ServicePort(
            "shop/web:http",
            IpFamily.IPv4,
            "tcp",
            List.of("10.96.0.5"),
            80,
            inside,
            BOTH,
            new Outside(
                30080,
                List.of("203.0.113.8"),
                List.of("203.0.113.9"),
                List.of(sources),
                outside,
                keepSource),
            0);
    backend.apply(List.of(port), List.of()).await().atMost(Duration.ofSeconds(10));
  }

  private Set<String> seenBy(int pod, String url) throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 40 && seen.size() < 2; i++) {
      seen.add(host.get(pod, url));
    }
    return seen;
  }

  @Test
  void aBalancersAddressLeadsToAllEndpointsFromOutsideWithTheNodesAddress() throws Exception {
    apply(BOTH, BOTH, false);
    assertThat(host.getFromOutside(BALANCED)).startsWith("pod ");
    assertThat(host.getFromOutside("http://203.0.113.8/")).startsWith("pod ");
    assertThat(host.getFromOutside(BALANCED + CLIENT)).isEqualTo("10.99.0.1");
    assertThat(seenBy(4, BALANCED)).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(host.getFromNode(BALANCED)).startsWith("pod ");
  }

  /**
   * Using Source IP: what comes from outside goes to this node's endpoints and keeps its source.
   */
  @Test
  void aPolicyOfLocalHoldsABalancersTrafficToThisNode() throws Exception {
    apply(BOTH, List.of(endpoint(3)), true);
    for (int i = 0; i < 10; i++) {
      assertThat(host.getFromOutside(BALANCED)).isEqualTo("pod 3");
    }
    assertThat(host.getFromOutside(BALANCED + CLIENT)).isEqualTo(NodeOfNamespaces.OUTSIDE);
    assertThat(host.getFromOutside(NODE_PORT + CLIENT)).isEqualTo(NodeOfNamespaces.OUTSIDE);
  }

  @Test
  void podsAndTheNodeAreNotHeldToIt() throws Exception {
    apply(List.of(endpoint(3)), List.of(endpoint(3)), true);
    assertThat(seenBy(4, BALANCED)).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(seenBy(4, NODE_PORT)).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(host.get(4, "http://10.96.0.5/")).isEqualTo("pod 3");
  }

  @Test
  void withoutEndpointsOnThisNodeNothingComesBackButPodsGetAll() throws Exception {
    apply(List.of(), List.of(), true);
    assertThat(host.getFromOutside(BALANCED)).isEmpty();
    assertThat(host.getFromOutside(NODE_PORT)).isEmpty();
    assertThat(seenBy(4, NODE_PORT)).containsExactlyInAnyOrder("pod 2", "pod 3");
    assertThat(host.getFromNode(BALANCED)).startsWith("pod ");
    assertThat(host.getFromNode(NODE_PORT)).startsWith("pod ");
  }

  @Test
  void onlyTheRangesThatABalancerIsForReachIt() throws Exception {
    apply(BOTH, BOTH, false, "198.51.100.0/24");
    assertThat(host.getFromOutside(BALANCED)).isEmpty();
    assertThat(host.getFromOutside("http://203.0.113.8/")).startsWith("pod ");
    assertThat(host.getFromOutside(NODE_PORT)).startsWith("pod ");
    apply(BOTH, BOTH, true, "198.51.100.0/24", "192.168.77.0/24");
    assertThat(host.getFromOutside(BALANCED)).startsWith("pod ");
  }

  @Test
  void nothingIsLeftOfIt() throws Exception {
    apply(List.of(), List.of(endpoint(2)), true, "198.51.100.0/24");
    apply(BOTH, List.of(), true);
    apply(List.of(endpoint(2)), BOTH, false);
    backend.apply(List.of(), List.of("shop/web:http")).await().atMost(Duration.ofSeconds(10));
    assertThat(host.rules(TABLE))
        .doesNotContain("svc_", "ext_", "all_", "src_", "203.0.113", "10.96.0.5");
  }
}
