package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Lister;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import java.util.HashSet;
import java.util.Set;

/**
 * A claim of mode ReadWriteOncePod is for one pod of the whole cluster (KEP-2485). No node will do
 * while another pod has it; it is each node that is rejected, so that preemption is tried.
 */
public final class VolumeRestrictions implements Plugin.PreFilter, Plugin.Filter {

  /** Another pod has such a claim of the pod. */
  private record Taken() {}

  private final Lister claims;

  public VolumeRestrictions(Lister claims) {
    this.claims = claims;
  }

  @Override
  public String name() {
    return "VolumeRestrictions";
  }

  @Override
  public boolean mayHelp(ClusterEvent event, PodInfo pod) {
    return switch (event.kind()) {
      case ASSIGNED_POD -> event.removed();
      case VOLUME_CLAIM -> true;
      case NODE,
          OWN_POD,
          NAMESPACE,
          VOLUME,
          STORAGE_CLASS,
          CSI_NODE,
          RESOURCE_CLAIM,
          RESOURCE_SLICE,
          DEVICE_CLASS,
          DEVICE_TAINT_RULE ->
          false;
    };
  }

  @Override
  public Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    Set<String> single = new HashSet<>();
    for (KubeObject claim : PodVolumes.known(pod.pod(), claims)) {
      claim
          .at("spec", "accessModes")
          .forEach(m -> {
            if (m.asText().equals("ReadWriteOncePod")) {
              single.add(claim.name());
            }
          });
    }
    if (single.isEmpty()) {
      return Verdict.OK;
    }
    for (NodeInfo node : cluster.nodes()) {
      for (PodInfo other : node.pods()) {
        if (other.pod().namespace().equals(pod.pod().namespace())
            && !other.uid().equals(pod.uid())
            && PodVolumes.claimsOf(other.pod()).stream().anyMatch(w -> single.contains(w.name()))) {
          state.put(Taken.class, new Taken());
          return Verdict.OK;
        }
      }
    }
    return Verdict.OK;
  }

  @Override
  public boolean concerns(CycleState state, PodInfo pod) {
    return state.get(Taken.class) != null;
  }

  @Override
  public Verdict filter(CycleState state, PodInfo pod, NodeInfo node) {
    return concerns(state, pod)
        ? new Verdict.Unschedulable(
            name(),
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
                + " access mode")
        : Verdict.OK;
  }
}
