package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;

/** Two pods cannot have the same host port of one node. */
public final class NodePorts implements Plugin.Filter {

  @Override
  public String name() {
    return "NodePorts";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.NODE
        || (event.kind() == ClusterEvent.Kind.ASSIGNED_POD && event.removed());
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return !pod.ports().isEmpty();
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    for (PodInfo other : node.pods()) {
      for (PodInfo.HostPort taken : other.ports()) {
        if (pod.ports().stream().anyMatch(taken::collides)) {
          return new Verdict.Unschedulable(
              name(), "node(s) didn't have free ports for the requested pod ports");
        }
      }
    }
    return Verdict.OK;
  }
}
