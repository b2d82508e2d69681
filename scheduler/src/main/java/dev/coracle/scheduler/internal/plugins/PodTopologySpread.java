package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.config.SpreadDefaults;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
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
 * their {@link Siblings}.
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

  private final SpreadDefaults defaults;
  private final Siblings siblings;

  /**
   * @param defaults of pods without constraints of their own
   * @param services whose pods are spread together
   */
  public PodTopologySpread(SpreadDefaults defaults, Lister services) {
    this.defaults = defaults;
    this.siblings = new Siblings(services);
  }

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
    for (Constraint constraint : constraints(pod, true, cluster)) {
      hard.add(count(constraint, pod, cluster.nodes()));
    }
    state.put(Hard.class, new Hard(hard));
    return Verdict.OK;
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    Hard hard = state.get(Hard.class);
    return hard != null && !hard.constraints().isEmpty();
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

  /**
   * What a node costs: the pods in its domains, weighed, the more there are the more. Where every
   * node is a domain of its own the node itself says it, and the others do not matter. Nodes that
   * lack a key of the pod's own constraints score nothing; of the cluster's it does not matter.
   */
  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    List<Constraint> soft = constraints(pod, false, cluster);
    if (soft.isEmpty()) {
      return ALL_THE_SAME;
    }
    boolean all =
        !defaults.system() || !pod.pod().at("spec", "topologySpreadConstraints").isEmpty();
    boolean[] left = new boolean[nodes.size()];
    int ranked = 0;
    for (int i = 0; i < left.length; i++) {
      left[i] = all && !hasAll(soft, nodes.get(i));
      ranked += left[i] ? 0 : 1;
    }
    double[] cost = new double[nodes.size()];
    for (Constraint constraint : soft) {
      if (constraint.topologyKey().equals(HOSTNAME)) {
        boolean everywhere =
            cluster.nodesWithLabel().applyAsInt(HOSTNAME) == cluster.nodes().size();
        perNode(constraint, nodes, left, ranked, everywhere, cost);
      } else if (cluster.nodesWithLabel().applyAsInt(constraint.topologyKey()) > 0) {
        perDomain(constraint, all ? soft : List.of(), pod, nodes, left, cluster, cost);
      }
    }
    return ranked(cost, left);
  }

  private static boolean hasAll(List<Constraint> constraints, NodeInfo node) {
    Map<String, String> labels = node.node().labels();
    for (Constraint constraint : constraints) {
      if (!labels.containsKey(constraint.topologyKey())) {
        return false;
      }
    }
    return true;
  }

  private static void perNode(
      Constraint constraint,
      List<NodeInfo> nodes,
      boolean[] left,
      int domains,
      boolean everywhere,
      double[] cost) {
    double weight = weight(domains);
    for (int i = 0; i < cost.length; i++) {
      NodeInfo node = nodes.get(i);
      if (!left[i] && (everywhere || node.node().labels().containsKey(HOSTNAME))) {
        cost[i] += constraint.matching().applyAsInt(node) * weight + constraint.maxSkew() - 1;
      }
    }
  }

  private static void perDomain(
      Constraint constraint,
      List<Constraint> required,
      PodInfo pod,
      List<NodeInfo> nodes,
      boolean[] left,
      ClusterView cluster,
      double[] cost) {
    String key = constraint.topologyKey();
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < left.length; i++) {
      String domain = left[i] ? null : nodes.get(i).node().labels().get(key);
      if (domain != null) {
        counts.put(domain, 0);
      }
    }
    if (counts.isEmpty()) {
      return;
    }
    for (NodeInfo node : cluster.nodes()) {
      String domain = node.node().labels().get(key);
      if (domain != null
          && counts.containsKey(domain)
          && hasAll(required, node)
          && constraint.counts(pod, node)) {
        counts.merge(domain, constraint.matching().applyAsInt(node), Integer::sum);
      }
    }
    double weight = weight(counts.size());
    for (int i = 0; i < cost.length; i++) {
      String domain = left[i] ? null : nodes.get(i).node().labels().get(key);
      if (domain != null) {
        cost[i] += counts.getOrDefault(domain, 0) * weight + constraint.maxSkew() - 1;
      }
    }
  }

  /** The more domains there are, the more one pod more in one of them matters. */
  private static double weight(int domains) {
    return Math.log(domains + 2);
  }

  private static long[] ranked(double[] cost, boolean[] left) {
    long max = 0;
    long min = Long.MAX_VALUE;
    for (int i = 0; i < cost.length; i++) {
      if (!left[i]) {
        max = Math.max(max, Math.round(cost[i]));
        min = Math.min(min, Math.round(cost[i]));
      }
    }
    long[] scores = new long[cost.length];
    for (int i = 0; i < cost.length; i++) {
      if (!left[i]) {
        scores[i] = max == 0 ? Scores.MAX : Scores.MAX * (max + min - Math.round(cost[i])) / max;
      }
    }
    return scores;
  }

  private static Counted count(Constraint constraint, PodInfo pod, List<NodeInfo> nodes) {
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

  private List<Constraint> constraints(PodInfo pod, boolean hard, ClusterView cluster) {
    JsonNode own = pod.pod().at("spec", "topologySpreadConstraints");
    if (own.isEmpty()) {
      return defaults(pod, hard, cluster);
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

  private List<Constraint> defaults(PodInfo pod, boolean hard, ClusterView cluster) {
    if (defaults.constraints().stream().noneMatch(c -> c.hard() == hard)) {
      return List.of();
    }
    if (Siblings.areOfOneController(pod.pod())) {
      // Counted as they come and go: these are nearly all there are.
      String owner = pod.controllerUid();
      return defaults(
          hard, p -> p.controllerUid().equals(owner), cluster.pods().ofController(owner));
    }
    LabelSelector selector = siblings.ofServices(pod.pod());
    Predicate<PodInfo> picks = p -> selector.matches(p.pod());
    return selector.isEverything()
        ? List.of()
        : defaults(hard, picks, node -> matching(node, pod, picks));
  }

  private List<Constraint> defaults(
      boolean hard, Predicate<PodInfo> picks, ToIntFunction<NodeInfo> count) {
    return defaults.constraints().stream()
        .filter(c -> c.hard() == hard)
        .map(c -> new Constraint(c.topologyKey(), c.maxSkew(), 1, hard, true, false, picks, count))
        .toList();
  }
}
