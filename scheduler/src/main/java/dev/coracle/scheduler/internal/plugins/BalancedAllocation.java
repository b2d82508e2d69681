package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.List;

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
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    if (pod.requests().get("cpu") == 0 && pod.requests().get("memory") == 0) {
      return ALL_THE_SAME; // A best-effort pod tips no balance.
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      double cpu = share(nodes.get(i), pod, "cpu");
      double memory = share(nodes.get(i), pod, "memory");
      scores[i] = (long) ((1 - Math.abs(cpu - memory) / 2) * Scores.MAX);
    }
    return scores;
  }

  private static double share(NodeInfo node, PodInfo pod, String resource) {
    long all = node.allocatable().get(resource);
    return all == 0
        ? 1
        : Math.min(
            1.0, (double) (node.requested().get(resource) + pod.requests().get(resource)) / all);
  }
}
