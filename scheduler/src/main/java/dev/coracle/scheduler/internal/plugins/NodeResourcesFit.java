package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.Amounts;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The pod's requests must fit beside those already there; nodes with more left are better ({@code
 * LeastAllocated}).
 */
public final class NodeResourcesFit implements Plugin.Filter, Plugin.Score {

  private static final List<String> COMPARED = List.of("cpu", "memory");

  @Override
  public String name() {
    return "NodeResourcesFit";
  }

  @Override
  public int weight() {
    return 1;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD -> event.removed();
      case OWN_POD -> true;
      case NODE ->
          event.now() != null
              && (event.before() == null
                  || !event
                      .before()
                      .at("status", "allocatable")
                      .equals(event.now().at("status", "allocatable")));
      default -> false;
    };
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    // Upstream's order: the number of pods, cpu, memory, ephemeral storage, then the rest.
    if (node.pods().size() + 1 > node.allocatable().get("pods")) {
      return new Verdict.Unschedulable(name(), "Too many pods");
    }
    Amounts wanted = pod.requests();
    TreeSet<String> lacking = null;
    boolean never = false;
    for (Map.Entry<String, Long> want : wanted.asMap().entrySet()) {
      long all = node.allocatable().get(want.getKey());
      if (want.getValue() > 0 && want.getValue() > all - node.requested().get(want.getKey())) {
        lacking = lacking == null ? new TreeSet<>() : lacking;
        lacking.add("Insufficient " + want.getKey());
        never |= want.getValue() > all;
      }
    }
    if (lacking == null) {
      return Verdict.OK;
    }
    String reason = String.join("\n", lacking);
    return never
        ? new Verdict.Unresolvable(name(), reason)
        : new Verdict.Unschedulable(name(), reason);
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      NodeInfo node = nodes.get(i);
      long sum = 0;
      int counted = 0;
      for (String resource : COMPARED) {
        long all = node.allocatable().get(resource);
        if (all > 0) {
          long used = node.nonZeroRequested().get(resource) + pod.nonZeroRequests().get(resource);
          sum += used > all ? 0 : (long) ((double) (all - used) / all * Scores.MAX);
          counted++;
        }
      }
      scores[i] = counted == 0 ? 0 : sum / counted;
    }
    return scores;
  }
}
