package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.metrics.ResizeMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Decides about resizes: what a changed spec asks for is promised when the node has room for it,
 * else it is pending, Deferred or Infeasible. Who waits for room gets it in the order of {@link
 * ResizeQueue}; what one pod is promised the next one does not find any more.
 */
final class ResizePromises {
  private final PodEvents events;
  private final ResizeRoom room;
  private final NodeLimits node;
  private final Consumer<String> wake;
  private final PromisedResources file;
  private final ResizeMetrics metrics;
  private final ResizeQueue queue = new ResizeQueue();

  /**
   * @param wake has the worker of a pod, by its uid, look again
   */
  ResizePromises(
      PodEvents events,
      ResizeRoom room,
      NodeLimits node,
      Consumer<String> wake,
      PromisedResources file,
      ResizeMetrics metrics) {
    this.events = events;
    this.room = room;
    this.node = node;
    this.wake = wake;
    this.file = file;
    this.metrics = metrics;
  }

  /** Promises what the newest spec asks for, or notes why not. */
  public void consider(PodContext context, PodRuntimeStatus status) {
    PodResources resources = context.resources();
    Pod desired = context.desired();
    Allocation wanted = Allocation.of(desired);
    if (resources.allocation().isEmpty()) {
      file.restore(context, wanted);
    }
    boolean asked = resources.asks(wanted, metrics);
    Allocation promised = resources.allocation().orElse(wanted);
    if (wanted.equals(promised)) {
      resources.pending(Optional.empty());
      forget(context.uid());
      return;
    }
    Optional<PodResources.Pending> before = resources.pending();
    synchronized (queue) {
      if (!isTurnOf(context, desired)) {
        return;
      }
      if (resources.pending().isEmpty()) {
        Optional<String> trigger = queue.remove(context.uid());
        if (before.map(PodResources.Pending::reason).equals(Optional.of("Deferred"))) {
          metrics.deferredAccepted(
              asked ? ResizeMetrics.POD_UPDATED : trigger.orElse(ResizeMetrics.PERIODIC));
        }
        promise(context, status, wanted, promised);
      }
    }
    if (resources.pending().isEmpty()) {
      file.save(desired.uid(), resources);
      events.normal(desired, "ResizeStarted", ResizeWords.started(desired));
      wakeOthers(desired.uid(), ResizeMetrics.POD_RESIZED);
    } else if (!resources.pending().equals(before)) {
      file.save(desired.uid(), resources); // The next kubelet must not take the wish for a promise.
      PodResources.Pending why = resources.pending().get();
      events.warning(desired, "Resize" + why.reason(), ResizeWords.pending(desired, why));
    }
  }

  /**
   * Whether the resize is decided now, and why it is pending. It is not while one that goes before
   * it can be had: that one's worker is called, and calls the others when it is done.
   */
  private boolean isTurnOf(PodContext context, Pod desired) {
    PodResources resources = context.resources();
    String uid = context.uid();
    Optional<ResizeRoom.Never> never =
        swapped(desired, context.pod()).or(() -> room.never(desired, context.pod()));
    if (never.isPresent()) {
      queue.remove(uid);
      Optional<PodResources.Pending> why =
          Optional.of(new PodResources.Pending("Infeasible", never.get().why()));
      if (!resources.pending().equals(why)) {
        metrics.infeasible(never.get().detail());
      }
      resources.pending(why);
      return true;
    }
    queue.add(context, room.isMore(desired, context.pod()));
    Optional<PodContext> first = queue.before(uid, pod -> room.now(pod).isEmpty());
    if (first.isPresent()) {
      wake.accept(first.get().uid());
      return false;
    }
    resources.pending(room.now(desired).map(m -> new PodResources.Pending("Deferred", m)));
    return true;
  }

  /** How much a container swaps follows from what it asks for, and cannot follow it later. */
  private Optional<ResizeRoom.Never> swapped(Pod desired, Pod has) {
    for (ContainerSpec now : desired.allContainers()) {
      Optional<ContainerSpec> before = has.container(now.name());
      if (before.isPresent()
          && !LinuxResources.quantity(now.requests(), "memory")
              .equals(LinuxResources.quantity(before.get().requests(), "memory"))
          && !ResizePolicies.restartsFor(before.get(), "memory")
          && (LinuxResources.maySwap(desired, now, node)
              || LinuxResources.maySwap(has, before.get(), node))) {
        return Optional.of(
            new ResizeRoom.Never(
                "swap_limitation", "In-place resize of containers with swap is not supported."));
      }
    }
    return Optional.empty();
  }

  /** A pod's containers have all ended: it waits for nothing and uses nothing any more. */
  public void ended(String uid) {
    synchronized (queue) {
      queue.remove(uid);
    }
    wakeOthers(uid, ResizeMetrics.PODS_REMOVED);
  }

  /** A pod waits for nothing any more; who came after it may look again. */
  private void forget(String uid) {
    boolean waited;
    synchronized (queue) {
      waited = queue.remove(uid).isPresent();
    }
    if (waited) {
      wakeOthers(uid, ResizeMetrics.POD_UPDATED);
    }
  }

  /** There is more room than before, or another pod has had its turn. */
  private void wakeOthers(String uid, String trigger) {
    List<String> others;
    synchronized (queue) {
      others = queue.call(uid, trigger);
    }
    others.forEach(wake);
  }

  private void promise(
      PodContext context, PodRuntimeStatus status, Allocation wanted, Allocation promised) {
    PodResources resources = context.resources();
    for (ContainerState c : status.containers()) {
      JsonNode had = promised.resources().get(c.name());
      if (c.isRunning() && had != null && !resources.knows(c.id())) {
        resources.actuated(c.id(), had);
      }
      Optional<ContainerSpec> before = context.pod().container(c.name());
      if (c.isRunning() && before.isPresent() && !resources.knowsInherited(c.id())) {
        resources.inherited(c.id(), Allocation.inherited(context.pod(), before.get()));
      }
    }
    if (!wanted.whole().equals(promised.whole())) {
      resources.actuatedWhole(resources.whole(context.pod()));
    }
    context.allocate(wanted);
    resources.inProgress(true);
    resources.error(Optional.empty());
  }
}
