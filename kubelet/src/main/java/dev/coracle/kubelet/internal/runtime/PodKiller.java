package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers with grace: the preStop hook, then the stop signal, then SIGKILL, all within the
 * grace period (Kubernetes docs, "Termination of Pods"). Hooks run side by side, and so do ordinary
 * containers end; sidecars follow in reverse order (KEP-753), at the latest when the grace is over.
 * Blocks.
 */
public final class PodKiller {
  private static final Logger LOG = LoggerFactory.getLogger(PodKiller.class);

  /** Even a container whose hook used the grace up gets this long. */
  private static final long MINIMUM_SECONDS = 2;

  /**
   * The end of a pod, or of one container.
   *
   * @param stopping containers the runtime is stopping
   */
  private record Ending(GraceLeft left, Set<String> stopping) {
    Ending(GraceLeft left) {
      this(left, ConcurrentHashMap.newKeySet());
    }
  }

  private final RuntimeService runtime;
  private final LifecycleHooks hooks;
  private final PodEvents events;
  private final Executor executor;
  private final LongSupplier nanoTime = System::nanoTime;
  private final Map<String, Ending> endings = new ConcurrentHashMap<>();

  /**
   * @param executor of virtual threads
   */
  public PodKiller(
      RuntimeService runtime, LifecycleHooks hooks, PodEvents events, Executor executor) {
    this.runtime = runtime;
    this.hooks = hooks;
    this.events = events;
    this.executor = executor;
  }

  /**
   * Ends everything that runs, then the sandboxes.
   *
   * @param grace how many seconds all of that may take, as it is now; may become less, of which
   *     {@link #hurry} is told
   */
  public void killPod(Pod pod, PodRuntimeStatus status, LongSupplier grace, String podIp) {
    List<ContainerState> running = status.containers().stream().filter(c -> !c.isExited()).toList();
    Ending ending = new Ending(new GraceLeft(nanoTime, grace.getAsLong(), MINIMUM_SECONDS));
    endings.put(pod.uid(), ending);
    try {
      ending.left().shorten(grace.getAsLong()); // What was told in between.
      CriException failure = join(endAll(pod, running, ending, podIp), null);
      if (failure != null) {
        throw failure;
      }
    } finally {
      endings.remove(pod.uid(), ending);
    }
    for (SandboxState s : status.sandboxes()) {
      if (s.ready()) {
        runtime.stopPodSandbox(s.id());
      }
    }
  }

  /** Begins to end all: ordinary containers at once, each sidecar when it is its turn. */
  private List<CompletableFuture<Void>> endAll(
      Pod pod, List<ContainerState> running, Ending ending, String podIp) {
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    List<ContainerState> sidecars = new ArrayList<>();
    for (ContainerState c : running) {
      if (isSidecar(pod, c)) {
        sidecars.add(c);
      } else {
        ends.add(end(pod, c, ending, CompletableFuture.completedFuture(null), podIp));
      }
    }
    sidecars.sort(
        Comparator.comparingInt(
                (ContainerState c) -> pod.container(c.name()).map(ContainerSpec::index).orElse(0))
            .reversed());
    for (ContainerState c : sidecars) {
      CompletableFuture<Void> before =
          CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new));
      ends.add(end(pod, c, ending, before, podIp));
    }
    return ends;
  }

  private CompletableFuture<Void> end(
      Pod pod, ContainerState c, Ending ending, CompletableFuture<Void> turn, String podIp) {
    Optional<ContainerSpec> spec = pod.container(c.name());
    return CompletableFuture.runAsync(
        () -> end(pod, c, spec, "", true, ending, turn, podIp), executor);
  }

  private static @org.jspecify.annotations.Nullable CriException join(
      List<CompletableFuture<Void>> kills, @org.jspecify.annotations.Nullable CriException before) {
    CriException failure = before;
    for (CompletableFuture<Void> kill : kills) {
      try {
        kill.join();
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof CriException cri)) {
          throw e;
        }
        failure = cri;
      }
    }
    return failure;
  }

  /**
   * Ends one container.
   *
   * @param message the event's; empty: the usual one
   * @param probe the field of the probe that asked for it, whose own grace period counts; empty:
   *     none did
   * @param hooks whether its preStop hook is run
   */
  public void kill(
      Pod pod,
      ContainerState container,
      Optional<ContainerSpec> spec,
      String message,
      String probe,
      boolean hooks,
      String podIp) {
    long grace = pod.gracePeriodSeconds();
    if (spec.isPresent()) {
      JsonNode own = spec.get().node().path(probe).path("terminationGracePeriodSeconds");
      grace = own.isNumber() ? own.asLong() : grace;
    }
    Ending ending = new Ending(new GraceLeft(nanoTime, grace, MINIMUM_SECONDS));
    CompletableFuture<Void> turn = CompletableFuture.completedFuture(null);
    end(pod, container, spec, message, hooks, ending, turn, podIp);
  }

  /**
   * @param turn when those are done that have to end before; no longer waited for than the grace
   *     lasts
   */
  private void end(
      Pod pod,
      ContainerState container,
      Optional<ContainerSpec> spec,
      String message,
      boolean hooks,
      Ending ending,
      CompletableFuture<Void> turn,
      String podIp) {
    String text = message.isEmpty() ? "Stopping container " + container.name() : message;
    if (spec.isPresent()) {
      events.normal(pod, spec.get(), "Killing", text);
    } else {
      events.normal(pod, "Killing", text);
    }
    JsonNode preStop =
        spec.map(s -> s.node().path("lifecycle").path("preStop"))
            .orElse(com.fasterxml.jackson.databind.node.MissingNode.getInstance());
    if (hooks && preStop.isObject() && !ending.left().left().isZero() && container.isRunning()) {
      preStop(pod, container, spec.get(), preStop, ending.left(), podIp);
    }
    ending.left().await(turn);
    try {
      ending.stopping().add(container.id());
      runtime.stopContainer(container.id(), ending.left().forContainer());
    } catch (CriException e) {
      if (!e.isNotFound()) {
        events.warning(
            pod,
            "FailedKillPod",
            "error killing pod: failed to \"KillContainer\" for "
                + GoText.quote(container.name())
                + " with KillContainerError: "
                + GoText.quote(e.describe()));
        throw e;
      }
    } finally {
      ending.stopping().remove(container.id());
    }
  }

  private void preStop(
      Pod pod,
      ContainerState container,
      ContainerSpec spec,
      JsonNode handler,
      GraceLeft grace,
      String podIp) {
    // Nothing but the grace period cuts a preStop hook short.
    CompletableFuture<Void> over = new CompletableFuture<>();
    CompletableFuture<Optional<String>> hook =
        CompletableFuture.supplyAsync(
            () -> hooks.run(pod, spec, container.id(), podIp, handler, grace.left(), over),
            executor);
    Optional<String> failure =
        grace.await(hook)
            ? hook.join()
            : Optional.of("PreStop hook did not end within the grace period");
    over.complete(null);
    if (failure.isPresent()) {
      LOG.atInfo()
          .addKeyValue("pod", pod.key())
          .addKeyValue("container", spec.name())
          .addKeyValue("why", failure.get())
          .log("A preStop hook failed");
      events.warning(pod, spec, "FailedPreStopHook", "PreStopHook failed");
    }
  }

  /**
   * Ends what a pod whose end is under way still has, within the grace it has by now: those that
   * are being stopped, those that wait for their turn, and hooks. What comes of it is told by
   * whoever began to end it.
   */
  public void hurry(String podUid, long graceSeconds) {
    Ending ending = endings.get(podUid);
    if (ending == null || !ending.left().shorten(graceSeconds)) {
      return;
    }
    for (String id : ending.stopping()) {
      executor.execute(() -> {
        try {
          runtime.stopContainer(id, ending.left().forContainer());
        } catch (CriException e) {
          LOG.atDebug()
              .addKeyValue("container", id)
              .addKeyValue("why", e.describe())
              .log("A container could not be ended sooner");
        }
      });
    }
  }

  private static boolean isSidecar(Pod pod, ContainerState c) {
    return pod.container(c.name()).filter(ContainerSpec::isSidecar).isPresent();
  }

  /** Stops sandboxes that the last reading did not show. */
  public void stopLeftovers(String podUid) {
    for (var s :
        runtime.listPodSandboxes(
            PodSandboxFilter.newBuilder().putLabelSelector(Labels.POD_UID, podUid).build())) {
      runtime.stopPodSandbox(s.getId());
    }
  }
}
