package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;

/** A new Node takes no Pods until it has said that it is ready. */
final class TaintNodesByCondition implements AdmissionPlugin {

  private static final String NOT_READY = "node.kubernetes.io/not-ready";

  @Override
  public String name() {
    return "TaintNodesByCondition";
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    ObjectNode node = request.object();
    if (node == null || request.operation() != Operation.CREATE || !request.is("", "nodes")) {
      return Backstage.DONE;
    }
    ObjectNode spec = node.withObjectProperty("spec");
    for (JsonNode taint : spec.path("taints")) {
      if (taint.path("key").asText("").equals(NOT_READY)
          && taint.path("effect").asText("").equals("NoSchedule")) {
        return Backstage.DONE;
      }
    }
    spec.withArrayProperty("taints").addObject().put("key", NOT_READY).put("effect", "NoSchedule");
    return Backstage.DONE;
  }
}
