package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NodeFeature;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.LiveCache;
import io.smallrye.mutiny.Uni;
import java.util.List;

/**
 * Refuses a change of a Pod that its node's kubelet cannot carry out, as far as nodes declare what
 * they can (KEP-5328). A Pod that is on no node yet is the scheduler's concern.
 */
final class NodeDeclaredFeatureValidator implements AdmissionPlugin {

  private final LiveCache nodes;

  NodeDeclaredFeatureValidator(LiveCache nodes) {
    this.nodes = nodes;
  }

  @Override
  public String name() {
    return "NodeDeclaredFeatureValidator";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    ObjectNode pod = request.object();
    KubeObject before = request.before();
    String subresource = request.call().subresource();
    if (pod == null
        || before == null
        || request.operation() != Operation.UPDATE
        || !request.call().type().is("", "pods")
        || !(subresource.isEmpty() || subresource.equals("resize"))) {
      return Backstage.DONE;
    }
    String node = pod.path("spec").path("nodeName").asText("");
    List<NodeFeature> needed = NodeFeature.toChange(before.at("spec"), pod.path("spec"));
    if (node.isEmpty() || needed.isEmpty()) {
      return Backstage.DONE;
    }
    if (nodes
        .get("", node)
        .filter(n -> NodeFeature.missing(needed, n.tree()).isEmpty())
        .isPresent()) {
      return Backstage.DONE;
    }
    // The cache may lag behind a kubelet that has just declared it.
    return nodes
        .read("", node)
        .onFailure(StatusException::isNotFound)
        .transform(_ -> Refusal.of(request, "node \"" + node + "\" not found"))
        .invoke(found -> check(request, needed, found))
        .replaceWithVoid();
  }

  private static void check(AdmissionRequest request, List<NodeFeature> needed, KubeObject node) {
    List<String> missing = NodeFeature.missing(needed, node.tree());
    if (!missing.isEmpty()) {
      throw Refusal.of(
          request,
          "pod update requires features %s which are not available on node \"%s\""
              .formatted(String.join(", ", missing), node.name()));
    }
  }
}
