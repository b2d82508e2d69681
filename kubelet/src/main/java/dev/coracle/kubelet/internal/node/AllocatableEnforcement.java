package dev.coracle.kubelet.internal.node;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.NodeReservations;
import dev.coracle.kubelet.config.NodeReservations.Enforcement;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupLimits;
import dev.coracle.kubelet.internal.host.Timers;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the kernel the limits that follow from what of the node is not for pods, and tells so by
 * events of the Node. Blocks, on virtual threads.
 */
public final class AllocatableEnforcement {
  private static final Logger LOG = LoggerFactory.getLogger(AllocatableEnforcement.class);
  private static final Duration RETRY = Duration.ofMinutes(1);
  private static final String ENFORCED = "NodeAllocatableEnforced";
  private static final String FAILED = "FailedNodeAllocatableEnforcement";

  private final NodeReservations reserved;
  private final Allocatable allocatable;
  private final Cgroups cgroups;
  private final NodeEvents events;
  private final Timers timers;

  public AllocatableEnforcement(
      NodeReservations reserved,
      Allocatable allocatable,
      Cgroups cgroups,
      NodeEvents events,
      Timers timers) {
    this.reserved = reserved;
    this.allocatable = allocatable;
    this.cgroups = cgroups;
    this.events = events;
    this.timers = timers;
  }

  /**
   * To be called once the Node is known to the API.
   *
   * @throws IllegalStateException when the cgroup of a reserved part of the machine cannot be
   *     limited as asked for
   */
  public void begin(OptionalLong pids) {
    if (cgroups == Cgroups.NONE) {
      LOG.info("Node Allocatable is not enforced: pods have no cgroups of the kubelet's here");
    } else {
      GroupLimits limits =
          GroupLimits.of(
              reserved.enforced().contains(Enforcement.PODS)
                  ? allocatable.enforced(pids)
                  : allocatable.capacity(pids));
      limitPods(limits);
    }
    reserved(Enforcement.SYSTEM, Enforcement.SYSTEM_COMPRESSIBLE, "system", "System");
    reserved(Enforcement.KUBE, Enforcement.KUBE_COMPRESSIBLE, "kube", "Kube");
  }

  /** Pods that use more than they may until eviction has come to them hold this up. */
  private void limitPods(GroupLimits limits) {
    try {
      cgroups.limitPods(limits);
      events.normal(ENFORCED, "Updated Node Allocatable limit across pods");
    } catch (IOException e) {
      events.warning(
          FAILED, "Failed to update Node Allocatable Limits [\"kubepods\"]: " + e.getMessage());
      timers.after(RETRY, () -> timers.execute(() -> limitPods(limits)));
    }
  }

  private void reserved(Enforcement all, Enforcement compressible, String name, String title) {
    boolean whole = reserved.enforced().contains(all);
    if (!whole && !reserved.enforced().contains(compressible)) {
      return;
    }
    boolean system = name.equals("system");
    String cgroup = system ? reserved.systemCgroup() : reserved.kubeCgroup();
    Map<String, Quantity> amounts = system ? reserved.system() : reserved.kube();
    Map<String, Quantity> cpu =
        amounts.containsKey("cpu") ? Map.of("cpu", amounts.get("cpu")) : Map.of();
    try {
      cgroups.limit(cgroup, GroupLimits.of(whole ? amounts : cpu));
      events.normal(ENFORCED, "Updated limits on " + name + " reserved cgroup " + cgroup);
    } catch (IOException e) {
      String message =
          "Failed to enforce "
              + title
              + " Reserved Cgroup Limits on \""
              + cgroup
              + "\": "
              + e.getMessage();
      events.warning(FAILED, message);
      throw new IllegalStateException(message, e);
    }
  }
}
