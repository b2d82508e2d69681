package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.NodeTerms;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** The pod's {@code nodeSelector}, and its required and preferred node affinity. */
public final class NodeAffinity implements Plugin.Filter, Plugin.Score {

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
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    return !pod.choosesNodes() || pod.wantsNode(node.node())
        ? Verdict.OK
        : new Verdict.Unresolvable(name(), "node(s) didn't match Pod's node affinity/selector");
  }

  @Override
  public Map<String, Long> score(
      CycleState state, PodInfo pod, Collection<NodeInfo> nodes, ClusterView cluster) {
    JsonNode preferred =
        pod.pod()
            .at(
                "spec",
                "affinity",
                "nodeAffinity",
                "preferredDuringSchedulingIgnoredDuringExecution");
    if (preferred.isEmpty()) {
      return Map.of();
    }
    Map<String, Long> raw = new HashMap<>();
    for (NodeInfo node : nodes) {
      long sum = 0;
      for (JsonNode term : preferred) {
        if (NodeTerms.Term.of(term.path("preference")).matches(node.node(), node.node().labels())) {
          sum += term.path("weight").asLong(0);
        }
      }
      raw.put(node.name(), sum);
    }
    return Scores.normalised(raw, false);
  }
}
