package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Prefers nodes whose processor and memory would be used to the same degree. */
public final class BalancedAllocation implements Plugin.Score {

  @Override
  public String name() {
    return "NodeResourcesBalancedAllocation";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public Map<String, Long> score(
      CycleState state, PodInfo pod, Collection<NodeInfo> nodes, ClusterView cluster) {
    Map<String, Long> out = new HashMap<>();
    if (pod.requests().get("cpu") == 0 && pod.requests().get("memory") == 0) {
      return out; // A best-effort pod tips no balance.
    }
    for (NodeInfo node : nodes) {
      double cpu = share(node, pod, "cpu");
      double memory = share(node, pod, "memory");
      out.put(node.name(), (long) ((1 - Math.abs(cpu - memory) / 2) * Scores.MAX));
    }
    return out;
  }

  private static double share(NodeInfo node, PodInfo pod, String resource) {
    long all = node.allocatable().get(resource);
    return all == 0
        ? 1
        : Math.min(
            1.0, (double) (node.requested().get(resource) + pod.requests().get(resource)) / all);
  }
}
