package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Spreads pods over topology domains (Kubernetes docs, "Pod Topology Spread Constraints"). Pods
 * without constraints of their own are spread over nodes and zones as a preference, together with
 * the other pods of their controller.
 */
public final class PodTopologySpread implements Plugin.PreFilter, Plugin.Filter, Plugin.Score {

  private static final String HOSTNAME = "kubernetes.io/hostname";

  private record Constraint(
      String topologyKey,
      int maxSkew,
      int minDomains,
      boolean hard,
      boolean honourAffinity,
      boolean honourTaints,
      Predicate<PodInfo> picks,
      ToIntFunction<NodeInfo> matching) {

    boolean counts(PodInfo pod, NodeInfo node) {
      return node.node().labels().containsKey(topologyKey)
          && (!honourAffinity || pod.wantsNode(node.node()))
          && (!honourTaints
              || pod.untolerated(
                      node.node(),
                      t -> t.effect().equals("NoSchedule") || t.effect().equals("NoExecute"))
                  == null);
    }
  }

  private record Counted(Constraint constraint, Map<String, Integer> perDomain) {
    int least() {
      return perDomain.size() < constraint.minDomains()
          ? 0
          : perDomain.values().stream().mapToInt(Integer::intValue).min().orElse(0);
    }
  }

  private record Hard(List<Counted> constraints) {}

  @Override
  public String name() {
    return "PodTopologySpread";
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD, OWN_POD, NODE -> true;
      default -> false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    List<Counted> hard = new ArrayList<>();
    for (Constraint constraint : constraints(pod, true)) {
      hard.add(count(constraint, pod, cluster.nodes()));
    }
    state.put(Hard.class, new Hard(hard));
    return Verdict.OK;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    Hard hard = state.get(Hard.class);
    if (hard == null) {
      return Verdict.OK;
    }
    for (Counted counted : hard.constraints()) {
      Constraint constraint = counted.constraint();
      String domain = node.node().labels().get(constraint.topologyKey());
      if (domain == null) {
        return new Verdict.Unresolvable(
            name(),
            "node(s) didn't match pod topology spread constraints (missing required label)");
      }
      int here = counted.perDomain().getOrDefault(domain, 0);
      int self = constraint.picks().test(pod) ? 1 : 0;
      if (here + self - counted.least() > constraint.maxSkew()) {
        return new Verdict.Unschedulable(
            name(), "node(s) didn't match pod topology spread constraints");
      }
    }
    return Verdict.OK;
  }

  @Override
  public Map<String, Long> score(
      CycleState state, PodInfo pod, Collection<NodeInfo> nodes, ClusterView cluster) {
    List<Constraint> soft = constraints(pod, false);
    if (soft.isEmpty()) {
      return Map.of();
    }
    Map<String, Double> cost = new HashMap<>();
    for (Constraint constraint : soft) {
      // Where every node is a domain of its own, the others do not matter.
      boolean perNode = constraint.topologyKey().equals(HOSTNAME);
      Counted counted = count(constraint, pod, perNode ? nodes : cluster.nodes());
      // The more domains there are, the more one pod more in one of them matters.
      double weight = Math.log(counted.perDomain().size() + 2);
      for (NodeInfo node : nodes) {
        String domain = node.node().labels().get(constraint.topologyKey());
        if (domain != null) {
          int here = counted.perDomain().getOrDefault(domain, 0);
          cost.merge(node.name(), here * weight + constraint.maxSkew() - 1, Double::sum);
        }
      }
    }
    double max = cost.values().stream().mapToDouble(Double::doubleValue).max().orElse(0);
    double min = cost.values().stream().mapToDouble(Double::doubleValue).min().orElse(0);
    Map<String, Long> out = new HashMap<>();
    cost.forEach((node, c) ->
        out.put(node, max == 0 ? Scores.MAX : (long) (Scores.MAX * (max + min - c) / max)));
    return out;
  }

  private static Counted count(Constraint constraint, PodInfo pod, Collection<NodeInfo> nodes) {
    Map<String, Integer> perDomain = new HashMap<>();
    for (NodeInfo node : nodes) {
      if (!constraint.counts(pod, node)) {
        continue;
      }
      perDomain.merge(
          node.node().labels().getOrDefault(constraint.topologyKey(), ""),
          constraint.matching().applyAsInt(node),
          Integer::sum);
    }
    return new Counted(constraint, perDomain);
  }

  private static int matching(NodeInfo node, PodInfo pod, Predicate<PodInfo> picks) {
    int matching = 0;
    for (PodInfo other : node.pods()) {
      boolean same = other.pod().namespace().equals(pod.pod().namespace());
      if (same && !other.pod().isDeleting() && picks.test(other)) {
        matching++;
      }
    }
    return matching;
  }

  private static List<Constraint> constraints(PodInfo pod, boolean hard) {
    JsonNode own = pod.pod().at("spec", "topologySpreadConstraints");
    if (own.isEmpty()) {
      return hard ? List.of() : defaults(pod);
    }
    List<Constraint> out = new ArrayList<>();
    for (JsonNode c : own) {
      if ("DoNotSchedule".equals(c.path("whenUnsatisfiable").asText("DoNotSchedule")) == hard) {
        LabelSelector selector = LabelSelector.of(c.path("labelSelector"));
        Map<String, String> pinned = new HashMap<>();
        Set<String> keys = new HashSet<>();
        c.path("matchLabelKeys").forEach(k -> keys.add(k.asText()));
        pod.pod()
            .labels()
            .forEach((k, v) -> {
              if (keys.contains(k)) {
                pinned.put(k, v);
              }
            });
        LabelSelector same = LabelSelector.ofLabels(pinned);
        Predicate<PodInfo> picks = p -> selector.matches(p.pod()) && same.matches(p.pod());
        out.add(
            new Constraint(
                c.path("topologyKey").asText(""),
                c.path("maxSkew").asInt(1),
                c.path("minDomains").asInt(1),
                hard,
                !"Ignore".equals(c.path("nodeAffinityPolicy").asText()),
                "Honor".equals(c.path("nodeTaintsPolicy").asText()),
                picks,
                node -> matching(node, pod, picks)));
      }
    }
    return out;
  }

  private static List<Constraint> defaults(PodInfo pod) {
    String owner = pod.controllerUid();
    if (owner.isEmpty()) {
      return List.of();
    }
    Predicate<PodInfo> siblings = p -> p.controllerUid().equals(owner);
    ToIntFunction<NodeInfo> count = node -> node.ofController(owner);
    return List.of(
        new Constraint(HOSTNAME, 3, 1, false, true, false, siblings, count),
        new Constraint("topology.kubernetes.io/zone", 5, 1, false, true, false, siblings, count));
  }
}
