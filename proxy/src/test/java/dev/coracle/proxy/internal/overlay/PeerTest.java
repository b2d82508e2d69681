package dev.coracle.proxy.internal.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.proxy.internal.Ipv4Cidr;
import org.junit.jupiter.api.Test;

/** What the overlay makes of Nodes. */
class PeerTest {

  private static final Ipv4Cidr CLUSTER = Ipv4Cidr.parse("10.244.0.0/16").orElseThrow();

  private static KubeObject node(String podCidr, String address) {
    return KubeObject.parse(
        """
        {"apiVersion":"v1","kind":"Node","metadata":{"name":"n2"},"spec":{"podCIDR":"%s"},
         "status":{"addresses":[{"type":"Hostname","address":"n2"},{"type":"InternalIP","address":"%s"}]}}
        """
            .formatted(podCidr, address));
  }

  @Test
  void addressesFollowFromTheRange() {
    Peer peer = Peer.of(node("10.244.3.0/24", "192.0.2.7"), CLUSTER).orElseThrow();
    assertThat(peer.device()).isEqualTo("10.244.3.0");
    assertThat(peer.hardware()).isEqualTo("0a:58:0a:f4:03:00");
    assertThat(peer.address()).isEqualTo("192.0.2.7");
  }

  @Test
  void nodesWithoutARangeOfTheClusterAreLeftOut() {
    assertThat(Peer.of(node("", "192.0.2.7"), CLUSTER)).isEmpty();
    assertThat(Peer.of(node("100.64.0.0/24", "100.64.0.1"), CLUSTER)).isEmpty();
    assertThat(Peer.of(node("10.244.3.0/24", ""), CLUSTER)).isEmpty();
    assertThat(Peer.of(node("10.0.0.0/8", "192.0.2.7"), CLUSTER)).isEmpty();
  }

  @Test
  void rangesThatAreNoneAreRefused() {
    for (String bad :
        new String[] {"", "10.0.0.0", "10.0.0/24", "10.0.0.256/24", "a.b.c.d/8", "1.2.3.4/33"}) {
      assertThat(Ipv4Cidr.parse(bad)).as(bad).isEmpty();
    }
    assertThat(Ipv4Cidr.parse("10.244.3.77/24").orElseThrow()).hasToString("10.244.3.0/24");
  }
}
