package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.StartMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Does for one pod what {@link PodActions} say. Blocks; for one pod never twice at once. */
public final class PodRuntime {
  /**
   * What a sync came to.
   *
   * @param acted something was done, so the runtime has to be read again
   * @param retryAfter when the next attempt at what failed or waits is due
   */
  public record Result(boolean acted, Optional<Duration> retryAfter) {}

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final SandboxConfigs sandboxes;
  private final PodKiller killer;
  private final PodEvents events;
  private final NodeEvents nodeEvents;
  private final ContainerStarter starter;
  private final ProbeResults probes;
  private final PodPaths paths;
  private final Executor executor;
  private final Function<Pod, DownwardApi.Facts> facts;
  private final Function<Pod, String> handlers;
  private final StartMetrics starts;
  private final PodResizer resizer;

  /**
   * @param facts the node's and the pod's addresses and sizes
   * @param handlers the runtime handler of a pod's RuntimeClass
   * @param extras what containers get for the devices they hold
   * @param starts hears of each container that is started, or started again
   */
  public PodRuntime(
      RuntimeService runtime,
      RuntimeCache cache,
      ImageManager images,
      ContainerEnv env,
      ContainerMounts mounts,
      SandboxConfigs sandboxes,
      ContainerConfigs containers,
      LifecycleHooks hooks,
      PodKiller killer,
      PodEvents events,
      NodeEvents nodeEvents,
      ProbeResults probes,
      PodPaths paths,
      Executor executor,
      Function<Pod, DownwardApi.Facts> facts,
      Function<Pod, String> handlers,
      ContainerExtras.Source extras,
      StartMetrics starts,
      PodResizer resizer) {
    this.runtime = runtime;
    this.cache = cache;
    this.sandboxes = sandboxes;
    this.killer = killer;
    this.events = events;
    this.nodeEvents = nodeEvents;
    this.probes = probes;
    this.paths = paths;
    this.executor = executor;
    this.facts = facts;
    this.handlers = handlers;
    this.starts = starts;
    this.resizer = resizer;
    this.starter =
        new ContainerStarter(
            runtime,
            images,
            env,
            mounts,
            containers,
            hooks,
            killer,
            events,
            paths,
            facts,
            extras,
            starts);
  }

  public Result sync(PodContext context, PodRuntimeStatus status, Map<String, Mounted> volumes) {
    Pod pod = context.pod();
    PodActions actions = PodActions.compute(pod, status, probes, context.resources());
    if (actions.isNothing()) {
      return new Result(false, Optional.empty());
    }
    boolean acted = kill(pod, status, actions);
    if (actions.killPod() && !actions.createSandbox()) {
      return new Result(acted, Optional.empty());
    }
    if (actions.createSandbox()) {
      starts.sandboxAsked(hasOwnUsers(pod));
    }
    PodSandboxConfig config;
    try {
      config =
          sandboxes.of(
              pod, actions.createSandbox() ? actions.attempt() : Math.max(0, actions.attempt()));
    } catch (ConfigException e) {
      return noSandbox(context, acted, String.valueOf(e.getMessage()));
    }
    PodRuntimeStatus current = status;
    String sandboxId = actions.sandboxId();
    if (actions.createSandbox()) {
      sandboxes
          .omittedOfDns(pod)
          .forEach(message -> events.warning(pod, "DNSConfigForming", message));
      if (paths.real()) { // A simulated pod asks no server.
        sandboxes.missingDns(pod).ifPresent(message -> tellOfMissingDns(pod, message));
      }
      try {
        paths.make(paths.podLogs(pod));
        sandboxId = runtime.runPodSandbox(config, handlers.apply(pod));
      } catch (CriException e) {
        return noSandbox(context, acted, e.describe());
      } catch (java.io.IOException e) {
        return noSandbox(context, acted, String.valueOf(e.getMessage()));
      }
      context.sandboxMade();
      current = made(pod, sandboxId);
    }
    Optional<Duration> again = resizer.give(context, status, actions.resize());
    Result started = start(context, actions, acted, status, current, sandboxId, config, volumes);
    boolean resized = !actions.resize().isEmpty() && again.isEmpty();
    return new Result(started.acted() || resized, started.retryAfter().or(() -> again));
  }

  private void tellOfMissingDns(Pod pod, String message) {
    nodeEvents.warning("MissingClusterDNS", message);
    events.warning(
        pod, "MissingClusterDNS", "pod: " + GoText.quote(pod.describe()) + ". " + message);
  }

  private PodRuntimeStatus made(Pod pod, String sandboxId) {
    try {
      return cache.made(pod.uid(), sandboxId);
    } catch (CriException e) {
      events.warning(
          pod, "FailedPodSandBoxStatus", "Unable to get pod sandbox status: " + e.describe());
      throw e;
    }
  }

  private Result noSandbox(PodContext context, boolean acted, String why) {
    starts.sandboxFailed(hasOwnUsers(context.pod()));
    events.warning(context.pod(), "FailedCreatePodSandBox", "Failed to create pod sandbox: " + why);
    return new Result(acted, Optional.of(retry(context)));
  }

  private static boolean hasOwnUsers(Pod pod) {
    return !pod.spec().path("hostUsers").asBoolean(true);
  }

  private static Duration retry(PodContext context) {
    return Duration.ofSeconds(Math.min(10, 1L << Math.min(4, context.sandboxFailed())));
  }

  private boolean kill(Pod pod, PodRuntimeStatus status, PodActions actions) {
    String ip = status.ips().isEmpty() ? "" : status.ips().getFirst();
    if (actions.killPod()) {
      boolean had = status.sandbox().isPresent();
      if (had && actions.createSandbox()) {
        events.normal(
            pod, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
      }
      if (had) {
        killer.killPod(pod, status, pod::gracePeriodSeconds, ip);
      }
      return had;
    }
    List<CompletableFuture<Void>> kills = new ArrayList<>();
    for (PodActions.Kill kill : actions.kill()) {
      kills.add(
          CompletableFuture.runAsync(
              () ->
                  killer.kill(
                      pod,
                      kill.container(),
                      kill.spec(),
                      kill.message(),
                      kill.probe(),
                      kill.hooks(),
                      ip),
              executor));
    }
    for (CompletableFuture<Void> k : kills) {
      try {
        k.join();
      } catch (CompletionException e) {
        if (e.getCause() instanceof CriException cri) {
          throw cri;
        }
        throw e;
      }
    }
    return !kills.isEmpty();
  }

  private Result start(
      PodContext context,
      PodActions actions,
      boolean killed,
      PodRuntimeStatus before,
      PodRuntimeStatus current,
      String sandboxId,
      PodSandboxConfig config,
      Map<String, Mounted> volumes) {
    Pod pod = context.pod();
    boolean acted = actions.createSandbox() || !actions.kill().isEmpty();
    Optional<Duration> retry = Optional.empty();
    // A container killed just now has ended: its back-off must be seen.
    PodRuntimeStatus known = killed ? cache.read(pod.uid()) : before;
    ContainerStarter.Frame frame =
        new ContainerStarter.Frame(
            pod,
            context,
            known,
            sandboxId,
            config,
            pod.hostNetwork() ? facts.apply(pod).hostIps() : current.ips(),
            volumes);
    long ends = cache.beforeStart(pod.uid());
    List<String> startedIds = new ArrayList<>();
    boolean allStarted = !killed && actions.kill().isEmpty();
    for (ContainerSpec container : actions.start()) {
      if (context.cancelled().isDone()) {
        break;
      }
      try {
        startedIds.add(starter.start(frame, container));
        acted = true;
        if (known.container(container.name()).isPresent()) {
          starts.restarted();
        }
      } catch (StartException e) {
        allStarted = false;
        context.failed(container.name(), e.reason(), String.valueOf(e.getMessage()));
        acted |= e.reason().equals("RunContainerError") || e.reason().equals("PostStartHookError");
        if (e.retryAfter().isPresent()
            && (retry.isEmpty() || e.retryAfter().get().compareTo(retry.get()) < 0)) {
          retry = e.retryAfter();
        }
        if (container.isInit() && !container.isSidecar()) {
          break; // What is started beside a sidecar does not wait for it.
        }
      }
    }
    if (allStarted && !startedIds.isEmpty()) {
      cache.started(pod.uid(), sandboxId, startedIds, ends);
    }
    return new Result(acted, retry);
  }
}
