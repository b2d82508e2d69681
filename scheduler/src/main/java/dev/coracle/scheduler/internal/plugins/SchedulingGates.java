package dev.coracle.scheduler.internal.plugins;

import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.ArrayList;
import java.util.List;

/** Keeps a pod with {@code spec.schedulingGates} out of the queue (KEP-3521). */
public final class SchedulingGates implements Plugin.PreEnqueue {

  @Override
  public String name() {
    return "SchedulingGates";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return event.kind() == ClusterEvent.Kind.OWN_POD;
  }

  @Override
  public Verdict preEnqueue(PodInfo pod) {
    List<String> gates = new ArrayList<>();
    pod.pod().at("spec", "schedulingGates").forEach(g -> gates.add(g.path("name").asText()));
    return gates.isEmpty()
        ? Verdict.OK
        : new Verdict.Unresolvable(
            name(), "waiting for scheduling gates: [" + String.join(" ", gates) + "]");
  }
}
