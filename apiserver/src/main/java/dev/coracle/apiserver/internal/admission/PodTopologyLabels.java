package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * A Pod gets the labels of its node that say where that is, when it is bound or made with a node,
 * so that it can read them by the downward API (KEP-4742). They go before its own.
 */
final class PodTopologyLabels implements AdmissionPlugin {

  private static final List<String> KEYS =
      List.of("topology.kubernetes.io/zone", "topology.kubernetes.io/region");

  private final LiveCache nodes;

  PodTopologyLabels(LiveCache nodes) {
    this.nodes = nodes;
  }

  @Override
  public String name() {
    return "PodTopologyLabels";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.operation() != Operation.CREATE || !isPod(request)) {
      return Backstage.DONE;
    }
    switch (request.call().subresource()) {
      case "" -> label(object, object.path("spec").path("nodeName").asText(""));
      case "binding" -> {
        if (object.path("target").path("kind").asText("").equals("Node")) {
          label(object, object.path("target").path("name").asText(""));
        }
      }
      default -> {}
    }
    return Backstage.DONE;
  }

  private static boolean isPod(AdmissionRequest request) {
    return request.call().type().is("", "pods");
  }

  private void label(ObjectNode object, String node) {
    if (node.isEmpty()) {
      return;
    }
    nodes
        .get("", node)
        .ifPresent(found -> {
          for (String key : KEYS) {
            String value = found.labels().get(key);
            if (value != null) {
              object.withObjectProperty("metadata").withObjectProperty("labels").put(key, value);
            }
          }
        });
  }
}
