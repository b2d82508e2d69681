package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.Amounts;
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
    Amounts more = pod.requests();
    if (more.cpuMillis() == 0 && more.memory() == 0) {
      return ALL_THE_SAME; // A best-effort pod tips no balance.
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      Amounts all = nodes.get(i).allocatable();
      Amounts used = nodes.get(i).requested();
      double cpu = share(all.cpuMillis(), used.cpuMillis() + more.cpuMillis());
      double memory = share(all.memory(), used.memory() + more.memory());
      scores[i] = (long) ((1 - Math.abs(cpu - memory) / 2) * Scores.MAX);
    }
    return scores;
  }

  private static double share(long all, long used) {
    return all == 0 ? 1 : Math.min(1.0, (double) used / all);
  }
}
