package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;

/** A pod that names its node fits on that one only. */
public final class NodeName implements Plugin.Filter {

  @Override
  public String name() {
    return "NodeName";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.NODE && event.before() == null;
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return !pod.nodeName().isEmpty();
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    return pod.nodeName().isEmpty() || pod.nodeName().equals(node.name())
        ? Verdict.OK
        : new Verdict.Unresolvable(name(), "node(s) didn't match the requested node name");
  }
}
