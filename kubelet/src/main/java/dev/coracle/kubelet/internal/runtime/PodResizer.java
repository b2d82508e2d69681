package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resizes pods in place (KEP-1287). A changed spec is promised first, when the node has room for it
 * (else it is pending: Deferred, or Infeasible when this node never has), and written to {@code
 * pods/UID/resources.json} so that a kubelet started anew knows it; then each running container is
 * given its new limits, or is restarted where its resizePolicy says so; the pod as a whole is given
 * its own (KEP-5419). Who waits for room gets it in the order of {@link ResizeQueue}. Blocks; for
 * one pod never twice at once.
 */
public final class PodResizer {
  private static final Logger LOG = LoggerFactory.getLogger(PodResizer.class);
  private static final Duration RETRY = Duration.ofSeconds(10);

  /** Whether the node has what a pod asks for: why not, in upstream's words. */
  public interface Room {
    /**
     * Not even for this pod alone.
     *
     * @param has the pod with what it has been promised
     */
    Optional<String> never(Pod pod, Pod has);

    /** Not beside the other pods. */
    Optional<String> now(Pod pod);

    /** Whether the one asks for more of anything than the other does. */
    boolean isMore(Pod pod, Pod than);
  }

  private final RuntimeService runtime;
  private final Cgroups cgroups;
  private final PodPaths paths;
  private final PodEvents events;
  private final Room room;
  private final NodeLimits node;
  private final Consumer<String> wake;
  private final ResizeQueue queue = new ResizeQueue();

  /**
   * @param wake has the worker of a pod, by its uid, look again
   */
  public PodResizer(
      RuntimeService runtime,
      Cgroups cgroups,
      PodPaths paths,
      PodEvents events,
      Room room,
      NodeLimits node,
      Consumer<String> wake) {
    this.runtime = runtime;
    this.cgroups = cgroups;
    this.paths = paths;
    this.events = events;
    this.room = room;
    this.node = node;
    this.wake = wake;
  }

  /** Promises what the newest spec asks for, or notes why not. */
  public void consider(PodContext context, PodRuntimeStatus status) {
    PodResources resources = context.resources();
    Pod desired = context.desired();
    Allocation wanted = Allocation.of(desired);
    if (resources.allocation().isEmpty()) {
      first(context, wanted);
    }
    Allocation promised = resources.allocation().orElse(wanted);
    if (wanted.equals(promised)) {
      resources.pending(Optional.empty());
      forget(context.uid());
      return;
    }
    Optional<PodResources.Pending> before = resources.pending();
    // What one pod is promised the next one does not find any more.
    synchronized (queue) {
      if (!isTurnOf(context, desired)) {
        return;
      }
      if (resources.pending().isEmpty()) {
        queue.remove(context.uid());
        promise(context, status, wanted, promised);
      }
    }
    if (resources.pending().isEmpty()) {
      save(desired.uid(), resources);
      events.normal(desired, "ResizeStarted", ResizeWords.started(desired));
      wakeOthers(desired.uid());
    } else if (!resources.pending().equals(before)) {
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
    Optional<PodResources.Pending> never =
        swapped(desired, context.pod())
            .or(() -> room.never(desired, context.pod()))
            .map(m -> new PodResources.Pending("Infeasible", m));
    if (never.isPresent()) {
      queue.remove(uid);
      resources.pending(never);
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
  private Optional<String> swapped(Pod desired, Pod has) {
    for (ContainerSpec now : desired.allContainers()) {
      Optional<ContainerSpec> before = has.container(now.name());
      if (before.isPresent()
          && !LinuxResources.quantity(now.requests(), "memory")
              .equals(LinuxResources.quantity(before.get().requests(), "memory"))
          && !ResizePolicies.restartsFor(before.get(), "memory")
          && (LinuxResources.maySwap(desired, now, node)
              || LinuxResources.maySwap(has, before.get(), node))) {
        return Optional.of("In-place resize of containers with swap is not supported.");
      }
    }
    return Optional.empty();
  }

  /** A pod's containers have all ended: it waits for nothing and uses nothing any more. */
  public void ended(String uid) {
    synchronized (queue) {
      queue.remove(uid);
    }
    wakeOthers(uid);
  }

  /** A pod waits for nothing any more; who came after it may look again. */
  private void forget(String uid) {
    boolean waited;
    synchronized (queue) {
      waited = queue.remove(uid);
    }
    if (waited) {
      wakeOthers(uid);
    }
  }

  /** There is more room than before, or another pod has had its turn. */
  private void wakeOthers(String uid) {
    List<String> others;
    synchronized (queue) {
      others = queue.others(uid);
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

  private void first(PodContext context, Allocation wanted) {
    Path file = file(context.uid());
    try {
      if (paths.real() && Files.exists(file)) {
        context.resources().read(Json.parse(Files.readAllBytes(file)), wanted.whole());
        context.allocate(context.resources().allocation().orElse(wanted));
        return;
      }
    } catch (IOException | StatusException | IllegalArgumentException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("What was promised to a pod cannot be read, its spec counts");
    }
    context.allocate(wanted);
  }

  private Path file(String uid) {
    return paths.pod(uid).resolve("resources.json");
  }

  private void save(String uid, PodResources resources) {
    if (!paths.real()) {
      return;
    }
    Path file = file(uid);
    Path fresh = file.resolveSibling("resources.json.new");
    try {
      Files.createDirectories(paths.pod(uid));
      Files.write(fresh, Json.bytes(resources.toJson()));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
      return Optional.empty();
    } catch (CriException | ConfigException e) {
      failed(pod, resources, e);
      return Optional.of(RETRY);
    } finally {
      save(pod.uid(), resources);
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
    save(pod.uid(), resources);
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
      save(pod.uid(), resources);
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
