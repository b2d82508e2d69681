package dev.coracle.controllers.internal.daemonset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.NodeSelection;
import dev.coracle.api.selector.Toleration;
import java.util.List;

/** Whether a daemon's template belongs on a node, and the pod that goes there. */
final class NodeFit {

  private static final List<String> TOLERATED_EXECUTE =
      List.of("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable");
  private static final List<String> TOLERATED_SCHEDULE =
      List.of(
          "node.kubernetes.io/disk-pressure",
          "node.kubernetes.io/memory-pressure",
          "node.kubernetes.io/pid-pressure",
          "node.kubernetes.io/unschedulable");

  /** Should a pod be there, and may one that is there stay? */
  record Fit(boolean shouldRun, boolean mayStay) {}

  private NodeFit() {}

  static Fit of(KubeObject daemonSet, KubeObject node) {
    JsonNode spec = daemonSet.at("spec", "template", "spec");
    String named = spec.path("nodeName").asText("");
    if ((!named.isEmpty() && !named.equals(node.name()))
        || !NodeSelection.matches(spec, node.name(), node.labels())) {
      return new Fit(false, false);
    }
    ObjectNode tolerant = (ObjectNode) spec.deepCopy();
    tolerate(tolerant);
    List<Toleration> tolerations = Toleration.ofSpec(tolerant);
    boolean run = true;
    boolean stay = true;
    for (Toleration.Taint taint : Toleration.Taint.ofNode(node.tree())) {
      if (taint.effect().equals("PreferNoSchedule")
          || tolerations.stream().anyMatch(t -> t.tolerates(taint))) {
        continue;
      }
      run = false;
      stay &= !taint.effect().equals("NoExecute");
    }
    return new Fit(run, stay);
  }

  /** Binds the pod's affinity to one node; the scheduler does the rest. */
  static void target(ObjectNode spec, String node) {
    ObjectNode required =
        spec.withObjectProperty("affinity")
            .withObjectProperty("nodeAffinity")
            .putObject("requiredDuringSchedulingIgnoredDuringExecution");
    ObjectNode field =
        required.putArray("nodeSelectorTerms").addObject().putArray("matchFields").addObject();
    field.put("key", "metadata.name").put("operator", "In").putArray("values").add(node);
    tolerate(spec);
  }

  /** The node a daemon's pod is on, or is meant for. */
  static String targetOf(KubeObject pod) {
    String node = pod.text("spec", "nodeName");
    if (!node.isEmpty()) {
      return node;
    }
    JsonNode terms =
        pod.at(
            "spec",
            "affinity",
            "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution",
            "nodeSelectorTerms");
    for (JsonNode term : terms) {
      for (JsonNode field : term.path("matchFields")) {
        if (field.path("key").asText().equals("metadata.name")) {
          return field.path("values").path(0).asText("");
        }
      }
    }
    return "";
  }

  private static void tolerate(ObjectNode spec) {
    ArrayNode tolerations = spec.withArrayProperty("tolerations");
    TOLERATED_EXECUTE.forEach(key -> add(tolerations, key, "NoExecute"));
    TOLERATED_SCHEDULE.forEach(key -> add(tolerations, key, "NoSchedule"));
    if (spec.path("hostNetwork").asBoolean()) {
      add(tolerations, "node.kubernetes.io/network-unavailable", "NoSchedule");
    }
  }

  private static void add(ArrayNode tolerations, String key, String effect) {
    tolerations.addObject().put("key", key).put("operator", "Exists").put("effect", effect);
  }
}
