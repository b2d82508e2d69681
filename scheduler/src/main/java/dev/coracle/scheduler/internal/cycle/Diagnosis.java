package dev.coracle.scheduler.internal.cycle;

import dev.coracle.scheduler.spi.Verdict;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Why each node was no good for a pod, and upstream's words for it. */
public final class Diagnosis {

  private final int nodes;
  private final Map<String, Verdict> byNode = new LinkedHashMap<>();
  private String everywhere = "";
  private final Set<String> plugins = new LinkedHashSet<>();

  Diagnosis(int nodes) {
    this.nodes = nodes;
  }

  void rejected(String node, Verdict verdict) {
    byNode.put(node, verdict);
    plugin(verdict);
  }

  /**
   * Of these nodes those that were not looked at do not come into question.
   *
   * @param by the plugins that said so
   */
  void leftOut(List<String> by, Set<String> nodeNames) {
    Verdict verdict =
        new Verdict.Unresolvable(by.getFirst(), "node(s) didn't satisfy plugin(s) " + by);
    nodeNames.forEach(node -> byNode.putIfAbsent(node, verdict));
    plugins.addAll(by);
  }

  /** Rejected before any node was looked at. */
  void rejectedEverywhere(Verdict verdict) {
    everywhere = reason(verdict);
    plugin(verdict);
  }

  private void plugin(Verdict verdict) {
    switch (verdict) {
      case Verdict.Ok _ -> {}
      case Verdict.Unschedulable u -> plugins.add(u.plugin());
      case Verdict.Unresolvable u -> plugins.add(u.plugin());
    }
  }

  static String reason(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Ok _ -> "";
      case Verdict.Unschedulable u -> u.reason();
      case Verdict.Unresolvable u -> u.reason();
    };
  }

  /** The plugins that rejected the pod. */
  public Set<String> plugins() {
    return plugins;
  }

  /** Whether pods that go from the node would not help either. */
  boolean isFinal(String node) {
    return isEverywhere() || byNode.get(node) instanceof Verdict.Unresolvable;
  }

  boolean isEverywhere() {
    return !everywhere.isEmpty();
  }

  /** As in {@code 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.} */
  public String message() {
    if (nodes == 0) {
      return "no nodes available to schedule pods";
    }
    String head = "0/" + nodes + " nodes are available: ";
    if (isEverywhere()) {
      return head + everywhere + ".";
    }
    Map<String, Integer> counts = new TreeMap<>();
    for (Verdict verdict : byNode.values()) {
      // A plugin may have several reasons, one a line.
      reason(verdict).lines().forEach(line -> counts.merge(line, 1, Integer::sum));
    }
    return head + listed(counts) + ".";
  }

  /** {@code 1 this, 2 that}, in the order of the texts. */
  static String listed(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .map(e -> e.getValue() + " " + e.getKey())
        .sorted()
        .collect(java.util.stream.Collectors.joining(", "));
  }
}
