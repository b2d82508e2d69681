package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.selector.Toleration.Taint;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;

/** Respects {@code kubectl cordon}, unless the pod tolerates the taint that goes with it. */
public final class NodeUnschedulable implements Plugin.Filter {

  private static final Taint CORDON =
      new Taint("node.kubernetes.io/unschedulable", "", "NoSchedule");

  @Override
  public String name() {
    return "NodeUnschedulable";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.OWN_POD
        || (event.kind() == ClusterEvent.Kind.NODE
            && event.now() != null
            && !event.now().at("spec", "unschedulable").asBoolean());
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    return node.isUnschedulable() && pod.tolerations().stream().noneMatch(t -> t.tolerates(CORDON))
        ? new Verdict.Unresolvable(name(), "node(s) were unschedulable")
        : Verdict.OK;
  }
}
