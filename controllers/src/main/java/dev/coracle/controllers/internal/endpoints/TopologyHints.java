package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.Optional;

/**
 * For whom an endpoint is meant, as the Service's {@code trafficDistribution} says (KEP-4444,
 * KEP-3015): ready ones for their own zone, or for their own node and, for proxies that do not know
 * hints for nodes, their zone.
 */
enum TopologyHints {
  NONE,
  SAME_ZONE,
  SAME_NODE;

  static TopologyHints of(KubeObject service) {
    return switch (service.text("spec", "trafficDistribution")) {
      case "PreferClose", "PreferSameZone" -> SAME_ZONE;
      case "PreferSameNode" -> SAME_NODE;
      default -> NONE;
    };
  }

  /**
   * The endpoint's {@code hints}, empty for none.
   *
   * @param zone empty where the node has none
   */
  Optional<ObjectNode> hints(String node, String zone) {
    ObjectNode out = Json.object();
    if (this == SAME_NODE && !node.isEmpty()) {
      out.putArray("forNodes").addObject().put("name", node);
    }
    if (this != NONE && !zone.isEmpty()) {
      out.putArray("forZones").addObject().put("name", zone);
    }
    return Optional.of(out).filter(hints -> !hints.isEmpty());
  }
}
