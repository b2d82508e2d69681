package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends containers with grace: the preStop hook, then the stop signal, then SIGKILL, all within the
 * grace period (Kubernetes docs, "Termination of Pods"). Ordinary containers end side by side,
 * sidecars after them in reverse order. Blocks.
 */
public final class PodKiller {
  private static final Logger LOG = LoggerFactory.getLogger(PodKiller.class);

  /** Even a container whose hook used the grace up gets this long. */
  private static final long MINIMUM_SECONDS = 2;

  private final RuntimeService runtime;
  private final LifecycleHooks hooks;
  private final PodEvents events;
  private final Executor executor;

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
   * @param grace overrides the pod's own
   */
  public void killPod(Pod pod, PodRuntimeStatus status, OptionalLong grace, String podIp) {
    List<ContainerState> running = status.containers().stream().filter(c -> !c.isExited()).toList();
    List<ContainerState> sidecars = new ArrayList<>();
    List<CompletableFuture<Void>> ordinary = new ArrayList<>();
    long begun = System.nanoTime();
    for (ContainerState c : running) {
      Optional<ContainerSpec> spec = pod.container(c.name());
      if (isSidecar(pod, c)) {
        sidecars.add(c);
      } else {
        ordinary.add(
            CompletableFuture.runAsync(
                () -> kill(pod, c, spec, "", "", true, grace, Duration.ZERO, podIp), executor));
      }
    }
    CriException failure = join(ordinary, null);
    sidecars.sort(
        Comparator.comparingInt(
                (ContainerState c) -> pod.container(c.name()).map(ContainerSpec::index).orElse(0))
            .reversed());
    for (ContainerState c : sidecars) {
      Duration used = Duration.ofNanos(System.nanoTime() - begun);
      failure =
          join(
              List.of(
                  CompletableFuture.runAsync(
                      () -> kill(pod, c, pod.container(c.name()), "", "", true, grace, used, podIp),
                      executor)),
              failure);
    }
    if (failure != null) {
      throw failure;
    }
    for (SandboxState s : status.sandboxes()) {
      if (s.ready()) {
        runtime.stopPodSandbox(s.id());
      }
    }
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
   * @param used how much of the grace is gone already
   */
  public void kill(
      Pod pod,
      ContainerState container,
      Optional<ContainerSpec> spec,
      String message,
      String probe,
      boolean hooks,
      OptionalLong override,
      Duration used,
      String podIp) {
    long grace = pod.gracePeriodSeconds();
    if (spec.isPresent()) {
      JsonNode own = spec.get().node().path(probe).path("terminationGracePeriodSeconds");
      grace = own.isNumber() ? own.asLong() : grace;
    }
    if (override.isPresent()) {
      grace = override.getAsLong();
    }
    String text = message.isEmpty() ? "Stopping container " + container.name() : message;
    if (spec.isPresent()) {
      events.normal(pod, spec.get(), "Killing", text);
    } else {
      events.normal(pod, "Killing", text);
    }
    long left = grace - used.toSeconds();
    JsonNode preStop =
        spec.map(s -> s.node().path("lifecycle").path("preStop"))
            .orElse(com.fasterxml.jackson.databind.node.MissingNode.getInstance());
    if (hooks && preStop.isObject() && left > 0 && container.isRunning()) {
      left -= preStop(pod, container, spec.get(), preStop, Duration.ofSeconds(left), podIp);
    }
    if (override.isEmpty()) {
      left = Math.max(left, Math.min(MINIMUM_SECONDS, Math.max(grace, 0)));
    }
    try {
      runtime.stopContainer(container.id(), Math.max(left, 0));
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
    }
  }

  private long preStop(
      Pod pod,
      ContainerState container,
      ContainerSpec spec,
      JsonNode handler,
      Duration limit,
      String podIp) {
    long begun = System.nanoTime();
    // Nothing but the grace period cuts a preStop hook short.
    CompletableFuture<Optional<String>> hook =
        CompletableFuture.supplyAsync(
            () ->
                hooks.run(
                    pod, spec, container.id(), podIp, handler, limit, new CompletableFuture<>()),
            executor);
    Optional<String> failure =
        hook.completeOnTimeout(
                Optional.of("PreStop hook did not end within the grace period"),
                limit.toMillis(),
                java.util.concurrent.TimeUnit.MILLISECONDS)
            .join();
    if (failure.isPresent()) {
      LOG.atInfo()
          .addKeyValue("pod", pod.key())
          .addKeyValue("container", spec.name())
          .addKeyValue("why", failure.get())
          .log("A preStop hook failed");
      events.warning(pod, spec, "FailedPreStopHook", "PreStopHook failed");
    }
    return Duration.ofNanos(System.nanoTime() - begun).toSeconds();
  }

  /**
   * Ends what a pod whose end is under way still has, within the grace it has by now. What comes of
   * it is told by whoever began to end it.
   */
  public void hurry(Pod pod, PodRuntimeStatus status) {
    List<ContainerState> running = status.containers().stream().filter(c -> !c.isExited()).toList();
    List<ContainerState> ordinary = running.stream().filter(c -> !isSidecar(pod, c)).toList();
    for (ContainerState c : ordinary.isEmpty() ? running : ordinary) {
      executor.execute(() -> {
        try {
          runtime.stopContainer(c.id(), Math.max(pod.gracePeriodSeconds(), 0));
        } catch (CriException e) {
          LOG.atDebug()
              .addKeyValue("container", c.id())
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
