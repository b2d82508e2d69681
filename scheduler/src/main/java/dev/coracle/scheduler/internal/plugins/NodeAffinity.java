package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.NodeTerms;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The pod's {@code nodeSelector}, and its required and preferred node affinity. Pods of one
 * template come one after the other and ask the same of all nodes, so each node keeps its last
 * answer.
 */
public final class NodeAffinity implements Plugin.PreFilter, Plugin.Filter, Plugin.Score {

  /** The pod whose cycle it is, or was. */
  private @Nullable PodInfo asking;

  private long question;

  /** What all pods must have; null for nothing. */
  private final @Nullable NodeTerms enforced;

  /** What all pods wish beside their own wishes. */
  private final List<Wish> added;

  private record Wish(NodeTerms.Term term, long weight) {}

  /**
   * @param addedAffinity a node affinity that all pods have; missing for none
   */
  public NodeAffinity(JsonNode addedAffinity) {
    JsonNode required = addedAffinity.path("requiredDuringSchedulingIgnoredDuringExecution");
    this.enforced = required.isObject() ? NodeTerms.of(required) : null;
    this.added = wishes(addedAffinity.path("preferredDuringSchedulingIgnoredDuringExecution"));
  }

  private static List<Wish> wishes(JsonNode preferred) {
    List<Wish> wishes = new ArrayList<>();
    for (JsonNode wish : preferred) {
      wishes.add(
          new Wish(NodeTerms.Term.of(wish.path("preference")), wish.path("weight").asLong(0)));
    }
    return wishes;
  }

  @Override
  public String name() {
    return "NodeAffinity";
  }

  @Override
  public int weight() {
    return 2;
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.OWN_POD
        || (event.kind() == ClusterEvent.Kind.NODE
            && event.now() != null
            && pod.wantsNode(event.now())
            && (enforced == null || enforced.matches(event.now())));
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    Set<String> names = pod.wantedNodeNames();
    return names != null && names.isEmpty()
        ? new Verdict.Unresolvable(name(), "pod affinity terms conflict")
        : Verdict.OK;
  }

  @Override
  public @Nullable Set<String> onlyNodes(PodInfo pod) {
    return pod.wantedNodeNames();
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    if (!pod.choosesNodes()) {
      return enforced != null;
    }
    if (asking == null || !asking.wantsNodesLike(pod)) {
      question++;
    }
    asking = pod;
    return true;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    if (enforced != null && !enforced.matches(node.node())) {
      return new Verdict.Unresolvable(
          name(), "node(s) didn't match scheduler-enforced node affinity");
    }
    boolean wanted = pod == asking ? node.isWantedBy(pod, question) : pod.wantsNode(node.node());
    return wanted
        ? Verdict.OK
        : new Verdict.Unresolvable(name(), "node(s) didn't match Pod's node affinity/selector");
  }

  @Override
  public long[] score(CycleState state, PodInfo pod, List<NodeInfo> nodes, ClusterView cluster) {
    JsonNode preferred =
        pod.pod()
            .at(
                "spec",
                "affinity",
                "nodeAffinity",
                "preferredDuringSchedulingIgnoredDuringExecution");
    if (preferred.isEmpty() && added.isEmpty()) {
      return ALL_THE_SAME;
    }
    List<Wish> wishes = wishes(preferred);
    wishes.addAll(added);
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      KubeObject node = nodes.get(i).node();
      for (Wish wish : wishes) {
        if (wish.term().matches(node, node.labels())) {
          scores[i] += wish.weight();
        }
      }
    }
    return Scores.normalised(scores, false);
  }
}
