package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldPath;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Labels of nodes that others have taken the place of. */
final class NodeLabelWarnings {

  private static final Map<String, String> DEPRECATED =
      Map.of(
          "beta.kubernetes.io/arch",
          "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
          "beta.kubernetes.io/os",
          "deprecated since v1.14; use \"kubernetes.io/os\" instead",
          "failure-domain.beta.kubernetes.io/region",
          "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
          "failure-domain.beta.kubernetes.io/zone",
          "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
          "beta.kubernetes.io/instance-type",
          "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
          "app.kubernetes.io/created-by",
          "deprecated since v1.9",
          "scheduler.alpha.kubernetes.io/preferAvoidPods",
          "deprecated since v1.22; use Taints and Tolerations instead",
          "node-role.kubernetes.io/master",
          "use \"node-role.kubernetes.io/control-plane\" instead");

  private NodeLabelWarnings() {}

  /** What is to be said of the label; empty mostly. */
  static Optional<String> of(String label) {
    return Optional.ofNullable(DEPRECATED.get(label));
  }

  /** Of a {@code nodeSelector}: labels and their values. */
  static void labels(JsonNode selector, FieldPath path, Consumer<String> to) {
    selector
        .fieldNames()
        .forEachRemaining(
            label -> of(label).ifPresent(text -> to.accept(path.key(label) + ": " + text)));
  }

  /** Of a term of a node affinity, or a label selector: its {@code matchExpressions}. */
  static void expressions(JsonNode term, FieldPath path, Consumer<String> to) {
    int i = 0;
    for (JsonNode expression : term.path("matchExpressions")) {
      FieldPath at = path.child("matchExpressions").index(i++).child("key");
      String label = expression.path("key").asText("");
      of(label).ifPresent(text -> to.accept(at + ": " + label + " is " + text));
    }
  }

  /** Of the terms of a node affinity. */
  static void terms(JsonNode terms, FieldPath path, Consumer<String> to) {
    int i = 0;
    for (JsonNode term : terms) {
      expressions(term, path.index(i++), to);
    }
  }
}
