package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.Amounts;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.List;

/**
 * Prefers nodes whose processor and memory, or whatever is chosen, would be used to the same
 * degree: the less the shares that are used deviate the better. What a node has nothing of does not
 * count.
 */
public final class BalancedAllocation implements Plugin.Score {

  private final String[] resources;

  /**
   * @param resources by name
   */
  public BalancedAllocation(List<String> resources) {
    this.resources = resources.toArray(String[]::new);
  }

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
    boolean asks = false;
    for (String resource : resources) {
      asks |= more.get(resource) > 0;
    }
    if (!asks) {
      return ALL_THE_SAME; // It tips no balance.
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      double deviation = deviation(nodes.get(i).allocatable(), nodes.get(i).requested(), more);
      scores[i] = (long) ((1 - deviation) * Scores.MAX);
    }
    return scores;
  }

  /** The standard deviation of the shares. */
  private double deviation(Amounts all, Amounts used, Amounts more) {
    double sum = 0;
    double squares = 0;
    double first = 0;
    double last = 0;
    int counted = 0;
    for (String resource : resources) { // An array: this is asked of every node.
      long has = all.get(resource);
      if (has <= 0 || (!isBasic(resource) && more.get(resource) == 0)) {
        continue;
      }
      double share = Math.min(1.0, (double) (used.get(resource) + more.get(resource)) / has);
      first = counted == 0 ? share : first;
      last = share;
      sum += share;
      squares += share * share;
      counted++;
    }
    if (counted < 2) {
      return 0;
    }
    if (counted == 2) {
      return Math.abs(first - last) / 2; // Without what a root would lose.
    }
    double mean = sum / counted;
    return Math.sqrt(Math.max(0, squares / counted - mean * mean));
  }

  private static boolean isBasic(String resource) {
    return resource.equals("cpu") || resource.equals("memory");
  }
}
