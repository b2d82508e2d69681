package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.AffinityTerm;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pods that want to be, or not to be, in one topology domain with others, in both directions. */
public final class InterPodAffinity implements Plugin.PreFilter, Plugin.Filter, Plugin.Score {

  private record Domain(String key, String value) {}

  /** How many pods in each domain match, and how many there forbid the newcomer. */
  private record Counts(
      Map<Domain, Integer> wanted, Map<Domain, Integer> shunned, Map<Domain, Integer> shunning) {}

  private final int hardWeight;
  private final boolean ignoresWishesOfOthers;

  /**
   * @param hardWeight what a required affinity of a pod already there is worth to one that it picks
   * @param ignoresWishesOfOthers whether what pods already there would rather have does not count
   */
  public InterPodAffinity(int hardWeight, boolean ignoresWishesOfOthers) {
    this.hardWeight = hardWeight;
    this.ignoresWishesOfOthers = ignoresWishesOfOthers;
  }

  @Override
  public String name() {
    return "InterPodAffinity";
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD, OWN_POD, NODE, NAMESPACE -> true;
      default -> false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    boolean picky = !pod.affinity().isEmpty() || !pod.antiAffinity().isEmpty();
    Counts counts = new Counts(new HashMap<>(), new HashMap<>(), new HashMap<>());
    boolean shunned = cluster.pods().anyAntiAffinity();
    for (NodeInfo node : picky || shunned ? cluster.nodes() : List.<NodeInfo>of()) {
      if (!picky && !node.hasAntiAffinity()) {
        continue;
      }
      for (PodInfo other : node.pods()) {
        for (AffinityTerm term : other.antiAffinity()) {
          if (term.picks(pod.pod(), cluster.namespaceLabels())) {
            count(counts.shunning(), term, node);
          }
        }
        if (!pod.affinity().isEmpty() && picksAll(pod.affinity(), other, cluster)) {
          pod.affinity().forEach(term -> count(counts.wanted(), term, node));
        }
        for (AffinityTerm term : pod.antiAffinity()) {
          if (term.picks(other.pod(), cluster.namespaceLabels())) {
            count(counts.shunned(), term, node);
          }
        }
      }
    }
    state.put(Counts.class, counts);
    state.put(ClusterView.class, cluster);
    return Verdict.OK;
  }

  private static boolean picksAll(List<AffinityTerm> terms, PodInfo other, ClusterView cluster) {
    return terms.stream().allMatch(t -> t.picks(other.pod(), cluster.namespaceLabels()));
  }

  private static void count(Map<Domain, Integer> counts, AffinityTerm term, NodeInfo node) {
    String value = node.node().labels().get(term.topologyKey());
    if (value != null) {
      counts.merge(new Domain(term.topologyKey(), value), 1, Integer::sum);
    }
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    Counts counts = state.get(Counts.class);
    return !pod.affinity().isEmpty()
        || !pod.antiAffinity().isEmpty()
        || (counts != null && !counts.shunning().isEmpty());
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Counts counts = state.get(Counts.class);
    ClusterView cluster = state.get(ClusterView.class);
    if (counts == null || cluster == null) {
      return Verdict.OK;
    }
    Map<String, String> labels = node.node().labels();
    boolean together = true;
    for (AffinityTerm term : pod.affinity()) {
      String value = labels.get(term.topologyKey());
      if (value == null) {
        return new Verdict.Unresolvable(name(), "node(s) didn't match pod affinity rules");
      }
      together &= counts.wanted().containsKey(new Domain(term.topologyKey(), value));
    }
    // The first of a group that wants to be together may begin anywhere.
    boolean first = counts.wanted().isEmpty() && picksAll(pod.affinity(), pod, cluster);
    if (!together && !first) {
      return new Verdict.Unresolvable(name(), "node(s) didn't match pod affinity rules");
    }
    for (AffinityTerm term : pod.antiAffinity()) {
      String value = labels.get(term.topologyKey());
      if (value != null && counts.shunned().containsKey(new Domain(term.topologyKey(), value))) {
        return new Verdict.Unschedulable(name(), "node(s) didn't match pod anti-affinity rules");
      }
    }
    for (Domain domain : counts.shunning().keySet()) {
      if (domain.value().equals(labels.get(domain.key()))) {
        return new Verdict.Unschedulable(
            name(), "node(s) didn't satisfy existing pods anti-affinity rules");
      }
    }
    return Verdict.OK;
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    boolean wishes = !pod.preferredAffinity().isEmpty() || !pod.preferredAntiAffinity().isEmpty();
    if (!wishes && !cluster.pods().anyAffinity()) {
      return ALL_THE_SAME;
    }
    Map<Domain, Long> weights = new HashMap<>();
    for (NodeInfo node : cluster.nodes()) {
      if (!wishes && !node.hasAffinity()) {
        continue;
      }
      for (PodInfo other : node.pods()) {
        weigh(weights, pod.preferredAffinity(), other, node, cluster, 1);
        weigh(weights, pod.preferredAntiAffinity(), other, node, cluster, -1);
        if (!ignoresWishesOfOthers) {
          weigh(weights, other.preferredAffinity(), pod, node, cluster, 1);
          weigh(weights, other.preferredAntiAffinity(), pod, node, cluster, -1);
        }
        if (hardWeight > 0) {
          weigh(weights, other.affinity(), pod, node, cluster, 1);
        }
      }
    }
    if (weights.isEmpty()) {
      return ALL_THE_SAME;
    }
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      Map<String, String> labels = nodes.get(i).node().labels();
      for (Map.Entry<Domain, Long> weight : weights.entrySet()) {
        if (weight.getKey().value().equals(labels.get(weight.getKey().key()))) {
          scores[i] += weight.getValue();
        }
      }
    }
    return Scores.stretched(scores);
  }

  private void weigh(
      Map<Domain, Long> weights,
      List<AffinityTerm> terms,
      PodInfo picked,
      NodeInfo node,
      ClusterView cluster,
      int sign) {
    for (AffinityTerm term : terms) {
      String value = node.node().labels().get(term.topologyKey());
      if (value != null && term.picks(picked.pod(), cluster.namespaceLabels())) {
        long weight = term.weight() == 0 ? hardWeight : term.weight();
        weights.merge(new Domain(term.topologyKey(), value), sign * weight, Long::sum);
      }
    }
  }
}
