package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.config.ScoringStrategy;
import dev.coracle.scheduler.spi.Amounts;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.PodInfo;
import java.util.List;
import java.util.Map;

/**
 * How good nodes are by what would be taken of them with the pod: the weighed mean of the resources
 * that count. Pods that ask for no processor or memory count as asking for a little; of other
 * resources only those count that the pod asks for.
 */
final class ResourceScoring {

  /** Scores of a shape go to 10. */
  private static final long SHAPE_SCALE = Scores.MAX / 10;

  private final ScoringStrategy strategy;
  private final List<Map.Entry<String, Integer>> weights;

  ResourceScoring(ScoringStrategy strategy) {
    this.strategy = strategy;
    this.weights = List.copyOf(strategy.weights().entrySet());
  }

  long[] score(PodInfo pod, List<NodeInfo> nodes) {
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = score(pod, nodes.get(i));
    }
    return scores;
  }

  private long score(PodInfo pod, NodeInfo node) {
    long sum = 0;
    long counted = 0;
    for (int i = 0; i < weights.size(); i++) { // Without an iterator for each node.
      String name = weights.get(i).getKey();
      int weight = weights.get(i).getValue();
      boolean basic = name.equals("cpu") || name.equals("memory");
      Amounts more = basic ? pod.nonZeroRequests() : pod.requests();
      long all = node.allocatable().get(name);
      if (all <= 0 || (!basic && more.get(name) == 0)) {
        continue;
      }
      Amounts used = basic ? node.nonZeroRequested() : node.requested();
      long score = score(all, used.get(name) + more.get(name));
      // A shape may leave out what it gives nothing.
      if (strategy.type() != ScoringStrategy.Type.REQUESTED_TO_CAPACITY_RATIO || score > 0) {
        sum += score * weight;
        counted += weight;
      }
    }
    if (counted == 0) {
      return 0;
    }
    return switch (strategy.type()) {
      case LEAST_ALLOCATED, MOST_ALLOCATED -> sum / counted;
      case REQUESTED_TO_CAPACITY_RATIO -> Math.round((double) sum / counted);
    };
  }

  private long score(long all, long used) {
    return switch (strategy.type()) {
      case LEAST_ALLOCATED -> used > all ? 0 : share(all - used, all);
      case MOST_ALLOCATED -> share(Math.min(used, all), all);
      case REQUESTED_TO_CAPACITY_RATIO -> shaped(used > all ? Scores.MAX : share(used, all));
    };
  }

  private static long share(long part, long all) {
    return (long) ((double) part / all * Scores.MAX);
  }

  /** On the line between the points around it. */
  private long shaped(long utilization) {
    List<ScoringStrategy.Point> shape = strategy.shape();
    for (int i = 0; i < shape.size(); i++) {
      ScoringStrategy.Point to = shape.get(i);
      if (utilization > to.utilization()) {
        continue;
      }
      if (i == 0) {
        return to.score() * SHAPE_SCALE;
      }
      ScoringStrategy.Point from = shape.get(i - 1);
      return from.score() * SHAPE_SCALE
          + (to.score() - from.score())
              * SHAPE_SCALE
              * (utilization - from.utilization())
              / (to.utilization() - from.utilization());
    }
    return shape.getLast().score() * SHAPE_SCALE;
  }
}
