package dev.coracle.api.selector;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.Map;

/** Which nodes a pod's spec names (Kubernetes docs, "Assigning Pods to Nodes"). */
public final class NodeSelection {
  private NodeSelection() {}

  /**
   * Whether a node is one that {@code spec.nodeSelector} and the required node affinity name.
   *
   * @param spec of a pod
   */
  public static boolean matches(JsonNode spec, String node, Map<String, String> labels) {
    if (!LabelSelector.ofLabels(KubeObject.strings(spec.path("nodeSelector"))).matches(labels)) {
      return false;
    }
    JsonNode required =
        spec.path("affinity")
            .path("nodeAffinity")
            .path("requiredDuringSchedulingIgnoredDuringExecution");
    return !required.isObject() || terms(required, node, labels);
  }

  /** Whether a node is one that one of {@code selector.nodeSelectorTerms} names. */
  public static boolean terms(JsonNode selector, String node, Map<String, String> labels) {
    for (JsonNode term : selector.path("nodeSelectorTerms")) {
      if (all(term.path("matchExpressions"), labels)
          && all(term.path("matchFields"), Map.of("metadata.name", node))
          && (!term.path("matchExpressions").isEmpty() || !term.path("matchFields").isEmpty())) {
        return true;
      }
    }
    return false;
  }

  private static boolean all(JsonNode expressions, Map<String, String> values) {
    for (JsonNode e : expressions) {
      if (!LabelSelector.expression(e).matches(values)) {
        return false;
      }
    }
    return true;
  }
}
