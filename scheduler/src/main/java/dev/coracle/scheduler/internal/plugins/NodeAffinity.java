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
import org.jspecify.annotations.Nullable;

/**
 * The pod's {@code nodeSelector}, and its required and preferred node affinity. Pods of one
 * template come one after the other and ask the same of all nodes, so each node keeps its last
 * answer.
 */
public final class NodeAffinity implements Plugin.Filter, Plugin.Score {

  /** The pod whose cycle it is, or was. */
  private @Nullable PodInfo asking;

  private long question;

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
            && pod.wantsNode(event.now()));
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    if (!pod.choosesNodes()) {
      return false;
    }
    if (asking == null || !asking.wantsNodesLike(pod)) {
      question++;
    }
    asking = pod;
    return true;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
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
    if (preferred.isEmpty()) {
      return ALL_THE_SAME;
    }
    List<NodeTerms.Term> terms = new ArrayList<>();
    preferred.forEach(wish -> terms.add(NodeTerms.Term.of(wish.path("preference"))));
    long[] scores = new long[nodes.size()];
    for (int i = 0; i < scores.length; i++) {
      KubeObject node = nodes.get(i).node();
      for (int wish = 0; wish < terms.size(); wish++) {
        if (terms.get(wish).matches(node, node.labels())) {
          scores[i] += preferred.get(wish).path("weight").asLong(0);
        }
      }
    }
    return Scores.normalised(scores, false);
  }
}
