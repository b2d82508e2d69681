package dev.coracle.proxy.internal.overlay;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.proxy.internal.Ipv4Cidr;
import java.util.Optional;

/**
 * A node as the overlay knows it. Everything about its end of the tunnel follows from its range of
 * pod addresses, so nodes need to tell each other nothing.
 *
 * @param address where it is reached below the overlay
 * @param pods its range
 */
record Peer(String name, String address, Ipv4Cidr pods) {

  /** Empty while the node has no address or no range inside the cluster's. */
  static Optional<Peer> of(KubeObject node, Ipv4Cidr cluster) {
    String address = "";
    for (JsonNode a : node.at("status", "addresses")) {
      if (a.path("type").asText("").equals("InternalIP") && address.isEmpty()) {
        address = a.path("address").asText("");
      }
    }
    String at = address;
    return Ipv4Cidr.parse(node.text("spec", "podCIDR"))
        .filter(range -> cluster.contains(range) && !at.isEmpty() && !at.contains(":"))
        .map(range -> new Peer(node.name(), at, range));
  }

  /** The address of its device: the first of its range. */
  String device() {
    return pods.firstAddress();
  }

  /** The hardware address of its device: locally administered, and the device's address in it. */
  String hardware() {
    int n = pods.network();
    return String.format(
        "0a:58:%02x:%02x:%02x:%02x", n >>> 24, n >>> 16 & 255, n >>> 8 & 255, n & 255);
  }
}
