package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.validation.NameRules;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.util.HashSet;
import java.util.Set;

/**
 * EndpointSlices count changes of their labels, too. What {@code v1beta1} called topology is not
 * taken any more: where endpoints change it goes, and the node that it named for them before is
 * their {@code nodeName}.
 */
public final class EndpointSliceStrategy implements KindStrategy {

  private static final String TOPOLOGY = "deprecatedTopology";
  private static final String NODE = "kubernetes.io/hostname";

  @Override
  public String countedMetadata() {
    return "labels";
  }

  @Override
  public void prepareForCreate(ObjectNode slice, Call call) {
    drop(slice, Set.of());
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    update(now, before.at("endpoints"));
  }

  static void update(ObjectNode now, JsonNode old) {
    if (!now.path("endpoints").equals(old)) {
      Set<String> nodes = new HashSet<>();
      old.forEach(endpoint -> nodes.add(endpoint.path(TOPOLOGY).path(NODE).asText("")));
      drop(now, nodes);
    }
  }

  private static void drop(ObjectNode slice, Set<String> nodes) {
    for (JsonNode endpoint : slice.path("endpoints")) {
      if (endpoint instanceof ObjectNode e && e.remove(TOPOLOGY) instanceof JsonNode topology) {
        String node = topology.path(NODE).asText("");
        if (!e.hasNonNull("nodeName")
            && nodes.contains(node)
            && NameRules.dnsSubdomain(node).isEmpty()) {
          e.put("nodeName", node);
        }
      }
    }
  }
}
