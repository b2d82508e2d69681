package dev.coracle.kubelet.internal.topology;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Finds the hint that suits all resources best. Upstream looks at each way to take one hint of each
 * resource; what such a way comes to is known by the nodes that are left, whether all of it is
 * preferred, and whether a node was named yet, so that here only those are carried from resource to
 * resource: no more than four times as many as there are sets of nodes, and with the same outcome.
 * Pure.
 */
final class HintMerger {
  /** What some hints, one of each resource so far, have in common. */
  private record Common(NumaMask nodes, boolean preferred, boolean named) {
    Common with(TopologyHint hint) {
      NumaMask more = hint.nodes();
      if (more == null) {
        return new Common(nodes, preferred && hint.preferred(), named);
      }
      // While all is preferred, all that were named are the same.
      boolean same = !named || more.equals(nodes);
      return new Common(nodes.and(more), preferred && hint.preferred() && same, true);
    }
  }

  private HintMerger() {}

  /**
   * @param hints of each resource
   * @param better of sets of as many nodes, the better one first
   * @return all nodes, and not preferred, where nothing suits
   */
  static TopologyHint merge(
      NumaMask all, List<List<TopologyHint>> hints, Comparator<NumaMask> better) {
    Set<Common> ways = Set.of(new Common(all, true, false));
    for (List<TopologyHint> resource : hints) {
      Set<Common> next = new LinkedHashSet<>();
      for (Common way : ways) {
        resource.forEach(hint -> next.add(way.with(hint)));
      }
      ways = next;
    }
    return ways.stream()
        .filter(way -> !way.nodes.isEmpty())
        .min(order(widest(hints), better))
        .map(way -> new TopologyHint(way.nodes, way.preferred))
        .orElse(new TopologyHint(all, false));
  }

  /** How many nodes it takes at least to give everything. */
  private static int widest(List<List<TopologyHint>> hints) {
    return hints.stream()
        .mapToInt(resource ->
            resource.stream()
                .map(TopologyHint::nodes)
                .filter(Objects::nonNull)
                .mapToInt(NumaMask::count)
                .min()
                .orElse(0))
        .max()
        .orElse(0);
  }

  /**
   * What is preferred comes first, narrow before wide. Of the rest the best is as wide as it takes,
   * then what is narrower, the widest first, then what is wider, the narrowest first.
   */
  private static Comparator<Common> order(int widest, Comparator<NumaMask> better) {
    return Comparator.comparing((Common way) -> !way.preferred)
        .thenComparingInt(way -> {
          int count = way.nodes.count();
          if (way.preferred) {
            return count;
          }
          return count <= widest ? widest - count : Long.SIZE + count;
        })
        .thenComparing(Common::nodes, better);
  }
}
