package dev.coracle.proxy.internal.overlay;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A node as the overlay knows it. Everything about its end of the tunnel follows from its ranges of
 * pod addresses, so nodes need to tell each other nothing.
 *
 * @param address where it is reached below the overlay, of IPv4
 * @param pods its range
 * @param podsOfIpv6 its other range, where pods have such addresses too
 */
record Peer(String name, String address, Cidr pods, Optional<Cidr> podsOfIpv6) {

  /** Empty while the node has no address or no range inside the cluster's. */
  static Optional<Peer> of(KubeObject node, ClusterRanges cluster) {
    Optional<String> address = Optional.empty();
    for (JsonNode a : node.at("status", "addresses")) {
      String text = a.path("address").asText("");
      if (a.path("type").asText("").equals("InternalIP")
          && address.isEmpty()
          && !text.isEmpty()
          && IpFamily.of(text) == IpFamily.IPv4) {
        address = Optional.of(text);
      }
    }
    List<String> ranges = ranges(node);
    return address.flatMap(at ->
        cluster
            .inside(ranges, IpFamily.IPv4)
            .map(range -> new Peer(node.name(), at, range, cluster.inside(ranges, IpFamily.IPv6))));
  }

  private static List<String> ranges(KubeObject node) {
    List<String> ranges = new ArrayList<>();
    node.at("spec", "podCIDRs").forEach(range -> ranges.add(range.asText()));
    return ranges.isEmpty() ? List.of(node.text("spec", "podCIDR")) : ranges;
  }

  /** Every range, that of IPv4 first. */
  List<Cidr> ranges() {
    return podsOfIpv6.map(second -> List.of(pods, second)).orElseGet(() -> List.of(pods));
  }

  /** The address of its device: the first of its range. */
  String device() {
    return pods.firstAddress();
  }

  /** The hardware address of its device: locally administered, and the device's address in it. */
  String hardware() {
    int n = pods.network().intValue();
    return String.format(
        "0a:58:%02x:%02x:%02x:%02x", n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255);
  }
}
