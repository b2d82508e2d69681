package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.NodeFeature;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.List;

/** A pod fits on nodes that declare what it needs of its kubelet (KEP-5328). */
public final class NodeDeclaredFeatures implements Plugin.Filter {

  @Override
  public String name() {
    return "NodeDeclaredFeatures";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.NODE
        && event.now() != null
        && NodeFeature.missing(needed(pod), event.now().tree()).isEmpty()
        && (event.before() == null
            || !NodeFeature.missing(needed(pod), event.before().tree()).isEmpty());
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return !needed(pod).isEmpty();
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    List<String> missing = NodeFeature.missing(needed(pod), node.node().tree());
    return missing.isEmpty()
        ? Verdict.OK
        : new Verdict.Unresolvable(
            name(),
            "node declared features check failed - unsatisfied requirements: "
                + String.join(", ", missing));
  }

  private static List<NodeFeature> needed(PodInfo pod) {
    return NodeFeature.toRun(pod.pod().at("spec"));
  }
}
