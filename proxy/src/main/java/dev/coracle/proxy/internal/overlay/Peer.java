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
 * @param address where it is reached below the overlay: of IPv4 where it has such a one
 * @param pods its range, that of IPv4 where it has such a one
 * @param podsOfIpv6 its other range, where pods have addresses of both families
 */
record Peer(String name, String address, Cidr pods, Optional<Cidr> podsOfIpv6) {

  /** Empty while the node has no address or no range inside the cluster's. */
  static Optional<Peer> of(KubeObject node, ClusterRanges cluster) {
    List<String> ranges = ranges(node);
    Optional<Cidr> ofIpv4 = cluster.inside(ranges, IpFamily.IPv4);
    Optional<Cidr> ofIpv6 = cluster.inside(ranges, IpFamily.IPv6);
    return address(node, IpFamily.IPv4)
        .or(() -> address(node, IpFamily.IPv6))
        .flatMap(at ->
            ofIpv4
                .map(range -> new Peer(node.name(), at, range, ofIpv6))
                .or(() -> ofIpv6.map(range -> new Peer(node.name(), at, range, Optional.empty()))));
  }

  private static Optional<String> address(KubeObject node, IpFamily family) {
    for (JsonNode a : node.at("status", "addresses")) {
      String text = a.path("address").asText("");
      if (a.path("type").asText("").equals("InternalIP")
          && !text.isEmpty()
          && IpFamily.of(text) == family) {
        return Optional.of(text);
      }
    }
    return Optional.empty();
  }

  /** Whether tunnels between the two can be: their ends are of one family. */
  boolean reaches(Peer other) {
    return underlay() == other.underlay();
  }

  /** The family of the tunnel's ends. */
  IpFamily underlay() {
    return IpFamily.of(address);
  }

  private static List<String> ranges(KubeObject node) {
    List<String> ranges = new ArrayList<>();
    node.at("spec", "podCIDRs").forEach(range -> ranges.add(range.asText()));
    return ranges.isEmpty() ? List.of(node.text("spec", "podCIDR")) : ranges;
  }

  /** Every range, the first one first. */
  List<Cidr> ranges() {
    return podsOfIpv6.map(second -> List.of(pods, second)).orElseGet(() -> List.of(pods));
  }

  /** The address of its device: the first of its range. */
  String device() {
    return pods.firstAddress();
  }

  /**
   * The hardware address of its device: locally administered, and in it the device's address, or of
   * one of IPv6 the bits that tell the cluster's nodes apart.
   */
  String hardware() {
    int n =
        switch (pods.family()) {
          case IPv4 -> pods.network().intValue();
          case IPv6 -> pods.network().shiftRight(pods.family().bits() - pods.prefix()).intValue();
        };
    return String.format(
        "0a:58:%02x:%02x:%02x:%02x", n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255);
  }
}
