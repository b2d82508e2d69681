package dev.coracle.controllers.internal.nodelifecycle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Set;

/** Which taints a node should have for its conditions, and setting just those. */
final class NodeTaints {

  private static final String NO_SCHEDULE = "NoSchedule";
  private static final String NO_EXECUTE = "NoExecute";
  static final String NOT_READY = "node.kubernetes.io/not-ready";
  static final String UNREACHABLE = "node.kubernetes.io/unreachable";

  private record Taint(String key, String effect) {}

  private static final Set<String> OURS =
      Set.of(
          NOT_READY,
          UNREACHABLE,
          "node.kubernetes.io/unschedulable",
          "node.kubernetes.io/memory-pressure",
          "node.kubernetes.io/disk-pressure",
          "node.kubernetes.io/pid-pressure",
          "node.kubernetes.io/network-unavailable");

  private NodeTaints() {}

  /**
   * The node's taints as they should be; equal to the present ones where nothing is to change.
   *
   * @param evict whether pods may be evicted, where the conditions say that they are to be
   */
  static ArrayNode wanted(KubeObject node, boolean evict, Instant now) {
    Set<Taint> wanted = wanted(node);
    if (!evict) {
      wanted.removeIf(t -> t.effect().equals(NO_EXECUTE));
    }
    ArrayNode out = Json.array();
    for (JsonNode taint : node.at("spec", "taints")) {
      Taint known = new Taint(taint.path("key").asText(), taint.path("effect").asText());
      if (!OURS.contains(known.key()) || wanted.remove(known)) {
        out.add(taint);
      }
    }
    for (Taint taint : wanted) {
      ObjectNode added = out.addObject().put("key", taint.key()).put("effect", taint.effect());
      added.put("timeAdded", Timestamps.time(now));
    }
    return out;
  }

  /** Whether these evict pods for what the node's conditions are. */
  static boolean evicts(JsonNode taints) {
    for (JsonNode taint : taints) {
      String key = taint.path("key").asText("");
      if (taint.path("effect").asText("").equals(NO_EXECUTE)
          && (key.equals(NOT_READY) || key.equals(UNREACHABLE))) {
        return true;
      }
    }
    return false;
  }

  /** Where a node is, as upstream's metrics name it; empty where nothing tells. */
  static String zone(KubeObject node) {
    String region = node.labels().getOrDefault("topology.kubernetes.io/region", "");
    String zone = node.labels().getOrDefault("topology.kubernetes.io/zone", "");
    return region.isEmpty() && zone.isEmpty() ? "" : region + ":\u0000:" + zone;
  }

  private static Set<Taint> wanted(KubeObject node) {
    Set<Taint> out = new LinkedHashSet<>();
    switch (status(node, "Ready")) {
      case "True" -> {}
      case "False" -> {
        out.add(new Taint(NOT_READY, NO_SCHEDULE));
        out.add(new Taint(NOT_READY, NO_EXECUTE));
      }
      case "Unknown" -> {
        out.add(new Taint(UNREACHABLE, NO_SCHEDULE));
        out.add(new Taint(UNREACHABLE, NO_EXECUTE));
      }
      default -> out.add(new Taint(NOT_READY, NO_SCHEDULE));
    }
    condition(out, node, "MemoryPressure", "memory-pressure");
    condition(out, node, "DiskPressure", "disk-pressure");
    condition(out, node, "PIDPressure", "pid-pressure");
    condition(out, node, "NetworkUnavailable", "network-unavailable");
    if (node.at("spec", "unschedulable").asBoolean()) {
      out.add(new Taint("node.kubernetes.io/unschedulable", NO_SCHEDULE));
    }
    return out;
  }

  private static void condition(Set<Taint> out, KubeObject node, String type, String taint) {
    if (status(node, type).equals("True")) {
      out.add(new Taint("node.kubernetes.io/" + taint, NO_SCHEDULE));
    }
  }

  private static String status(KubeObject node, String type) {
    return Conditions.find(node, type).path("status").asText("");
  }
}
