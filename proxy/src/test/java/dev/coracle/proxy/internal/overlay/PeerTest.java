package dev.coracle.proxy.internal.overlay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import org.junit.jupiter.api.Test;

/** What the overlay makes of Nodes. */
class PeerTest {

  private static final ClusterRanges CLUSTER = ClusterRanges.of("10.244.0.0/16");

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
  void aNodeOfBothFamiliesHasARangeOfEachBehindItsIpv4Address() {
    KubeObject node =
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"n2"},
             "spec":{"podCIDR":"fd00:244:3::/64","podCIDRs":["fd00:244:3::/64","10.244.3.0/24"]},
             "status":{"addresses":[{"type":"InternalIP","address":"2001:db8::7"},
               {"type":"InternalIP","address":"192.0.2.7"}]}}
            """);
    ClusterRanges both = ClusterRanges.of("10.244.0.0/16,fd00:244::/32");
    Peer peer = Peer.of(node, both).orElseThrow();
    assertThat(peer.address()).isEqualTo("192.0.2.7");
    assertThat(peer.ranges())
        .extracting(Object::toString)
        .containsExactly("10.244.3.0/24", "fd00:244:3::/64");
    assertThat(peer.hardware()).isEqualTo("0a:58:0a:f4:03:00");
    assertThat(Peer.of(node, CLUSTER).orElseThrow().podsOfIpv6()).isEmpty();
    assertThat(Peer.of(node, ClusterRanges.of("fd00:244::/32")).orElseThrow().ranges())
        .extracting(Object::toString)
        .containsExactly("fd00:244:3::/64");
  }

  @Test
  void aNodeOfIpv6AloneHasItsRangeBehindItsIpv6Address() {
    ClusterRanges cluster = ClusterRanges.of("fd00:10:244::/56");
    Peer peer = Peer.of(node("fd00:10:244:7::/64", "2001:db8::7"), cluster).orElseThrow();
    assertThat(peer.address()).isEqualTo("2001:db8::7");
    assertThat(peer.device()).isEqualTo("fd00:10:244:7::");
    assertThat(peer.hardware()).isEqualTo("0a:58:02:44:00:07");
    assertThat(peer.ranges()).hasSize(1);
    Peer ofIpv4 = Peer.of(node("10.244.3.0/24", "192.0.2.7"), CLUSTER).orElseThrow();
    assertThat(peer.reaches(peer)).isTrue();
    assertThat(peer.reaches(ofIpv4)).as("no tunnel between the families").isFalse();
  }
}
