package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.ResizeMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Resizes pods in place (KEP-1287). A changed spec is promised first ({@link ResizePromises}); then
 * each running container is given its new limits, or is restarted where its resizePolicy says so;
 * the pod as a whole is given its own (KEP-5419). Blocks; for one pod never twice at once.
 */
public final class PodResizer {
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final RuntimeService runtime;
  private final Cgroups cgroups;
  private final PodEvents events;
  private final NodeLimits node;
  private final ResizeMetrics metrics;
  private final PromisedResources file;
  private final ResizePromises promises;

  /**
   * @param wake has the worker of a pod, by its uid, look again
   */
  public PodResizer(
      RuntimeService runtime,
      Cgroups cgroups,
      PodPaths paths,
      PodEvents events,
      ResizeRoom room,
      NodeLimits node,
      Consumer<String> wake,
      ResizeMetrics metrics) {
    this.runtime = runtime;
    this.cgroups = cgroups;
    this.events = events;
    this.node = node;
    this.metrics = metrics;
    this.file = new PromisedResources(paths);
    this.promises = new ResizePromises(events, room, node, wake, file, metrics);
  }

  /**
   * A pod that was here before this kubelet has what it was promised then, whatever it asks now.
   */
  public void restore(PodContext context) {
    file.restore(context, Allocation.of(context.desired()));
  }

  /** Promises what the newest spec asks for, or notes why not. */
  public void consider(PodContext context, PodRuntimeStatus status) {
    promises.consider(context, status);
  }

  /** A pod's containers have all ended: it waits for nothing and uses nothing any more. */
  public void ended(String uid) {
    promises.ended(uid);
  }

  /**
   * Gives running containers what they were promised; done before others are started anew for it.
   *
   * @return when to try again what failed
   */
  public Optional<Duration> give(
      PodContext context, PodRuntimeStatus status, List<PodActions.Resize> resizes) {
    Pod pod = context.pod();
    PodResources resources = context.resources();
    if (resources.inProgress()) {
      cgroups.widen(pod); // Also for those that are started anew with more.
    }
    if (resizes.isEmpty()) {
      return Optional.empty();
    }
    long begun = System.nanoTime();
    boolean given = false;
    try {
      MemoryInUse.above(pod, status, resizes, runtime.containerStats())
          .ifPresent(m -> {
            throw new ConfigException(m);
          });
      for (PodActions.Resize r : resizes) {
        runtime.updateContainerResources(
            r.container().id(), LinuxResources.of(pod, r.spec(), node));
        resources.actuated(r.container().id(), Allocation.resources(r.spec()));
      }
      cgroups.narrow(pod);
      resources.error(Optional.empty());
      given = true;
      return Optional.empty();
    } catch (CriException | ConfigException e) {
      failed(pod, resources, e);
      return Optional.of(RETRY);
    } finally {
      metrics.given(given, Duration.ofNanos(System.nanoTime() - begun));
      file.save(pod.uid(), resources);
    }
  }

  /**
   * Notes a resize that has come to its end.
   *
   * @return when to try again what failed
   */
  public Optional<Duration> settle(PodContext context, PodRuntimeStatus status) {
    PodResources resources = context.resources();
    if (!resources.inProgress()) {
      return Optional.empty();
    }
    Pod pod = context.pod();
    for (ContainerState c : status.containers()) {
      Optional<ContainerSpec> spec = pod.container(c.name());
      if (c.isRunning()
          && spec.isPresent()
          && (!resources.of(c.id(), spec.get()).equals(Allocation.resources(spec.get()))
              || ResizePolicies.wantRestart(pod, spec.get(), c.id(), resources))) {
        return Optional.empty();
      }
    }
    if (!giveWhole(pod, status, resources)) {
      return Optional.of(RETRY);
    }
    cgroups.narrow(pod);
    resources.inProgress(false);
    resources.retain(
        status.containers().stream().map(ContainerState::id).collect(Collectors.toSet()));
    file.save(pod.uid(), resources);
    events.normal(pod, "ResizeCompleted", ResizeWords.completed(pod));
    return Optional.empty();
  }

  /**
   * Gives the pod as a whole what it was promised, and with it the containers that have no limits
   * of their own.
   *
   * @return whether it has that now
   */
  private boolean giveWhole(Pod pod, PodRuntimeStatus status, PodResources resources) {
    JsonNode next = Allocation.whole(pod);
    if (resources.whole(pod).equals(next)) {
      return true;
    }
    try {
      MemoryInUse.above(pod, status, List.of(), runtime.containerStats())
          .ifPresent(m -> {
            throw new ConfigException(m);
          });
      cgroups.widen(pod);
      for (ContainerState c : status.containers()) {
        Optional<ContainerSpec> spec = pod.container(c.name());
        if (c.isRunning() && spec.isPresent()) {
          runtime.updateContainerResources(c.id(), LinuxResources.of(pod, spec.get(), node));
          resources.inherited(c.id(), Allocation.inherited(pod, spec.get()));
        }
      }
      resources.actuatedWhole(next);
      resources.error(Optional.empty());
      return true;
    } catch (CriException | ConfigException e) {
      failed(pod, resources, e);
      return false;
    } finally {
      file.save(pod.uid(), resources);
    }
  }

  private void failed(Pod pod, PodResources resources, RuntimeException e) {
    String why = e instanceof CriException cri ? cri.describe() : String.valueOf(e.getMessage());
    if (!resources.error().equals(Optional.of(why))) {
      events.warning(pod, "ResizeError", ResizeWords.error(pod, why));
    }
    resources.error(Optional.of(why));
  }
}
