package dev.coracle.kubelet.internal.sync;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Client;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerGc;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.NodeDevices;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodKiller;
import dev.coracle.kubelet.internal.runtime.PodResizer;
import dev.coracle.kubelet.internal.runtime.PodRuntime;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.PodStartup;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.PodStatusBuilder;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.internal.userns.UserNamespaces;
import dev.coracle.kubelet.internal.volume.VolumeManager;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The work of a {@link PodWorker}: read what runs, tell the status, make the volumes ready, start
 * and end containers. Level-based: each call looks at everything anew.
 */
public final class PodSync implements PodWorker.Steps {
  /**
   * What follows pods' containers while they run: the probes, and what keeps them on their CPUs.
   */
  public interface Follower {
    /** Called with what runs, after every reading. */
    void follow(PodContext context, PodRuntimeStatus status);

    /** A pod's containers are being ended: nobody asks any more whether they should be. */
    void ending(String uid);

    void forget(String uid);

    /** Both, this one first. */
    default Follower and(Follower next) {
      Follower first = this;
      return new Follower() {
        @Override
        public void follow(PodContext context, PodRuntimeStatus status) {
          first.follow(context, status);
          next.follow(context, status);
        }

        @Override
        public void ending(String uid) {
          first.ending(uid);
          next.ending(uid);
        }

        @Override
        public void forget(String uid) {
          first.forget(uid);
          next.forget(uid);
        }
      };
    }
  }

  private static final String OVERDUE =
      "Pod was active on the node longer than the specified deadline";

  private final RuntimeCache cache;
  private final PodRuntime runtime;
  private final PodKiller killer;
  private final ContainerGc gc;
  private final VolumeManager volumes;
  private final PodStatusBuilder statuses;
  private final StatusManager statusManager;
  private final Follower followers;
  private final PodEvents events;
  private final PodPaths paths;
  private final Cgroups cgroups;
  private final Client client;
  private final Clock clock;
  private final KubeletMetrics metrics;
  private final Supplier<Optional<String>> networkProblem;
  private final Function<Pod, Optional<Pod>> target;
  private final NodeDevices devices;
  private final PodResizer resizer;
  private final UserNamespaces users;

  /** The pods whose containers are being ended just now; changed under the pod's lock. */
  private final Set<String> ending = ConcurrentHashMap.newKeySet();

  private final KeyedLocks glances = new KeyedLocks();

  /**
   * @param target the pod in the API that stands for this one; empty while a static pod has no
   *     mirror
   */
  public PodSync(
      RuntimeCache cache,
      PodRuntime runtime,
      PodKiller killer,
      ContainerGc gc,
      VolumeManager volumes,
      PodStatusBuilder statuses,
      StatusManager statusManager,
      Follower followers,
      PodEvents events,
      PodPaths paths,
      Cgroups cgroups,
      Client client,
      Clock clock,
      KubeletMetrics metrics,
      Supplier<Optional<String>> networkProblem,
      Function<Pod, Optional<Pod>> target,
      NodeDevices devices,
      PodResizer resizer,
      UserNamespaces users) {
    this.cache = cache;
    this.runtime = runtime;
    this.killer = killer;
    this.gc = gc;
    this.volumes = volumes;
    this.statuses = statuses;
    this.statusManager = statusManager;
    this.followers = followers;
    this.events = events;
    this.paths = paths;
    this.cgroups = cgroups;
    this.client = client;
    this.clock = clock;
    this.metrics = metrics;
    this.networkProblem = networkProblem;
    this.target = target;
    this.devices = devices;
    this.resizer = resizer;
    this.users = users;
  }

  @Override
  public PodWorker.Next sync(PodWorker worker) {
    return measured("sync", () -> syncOnce(worker));
  }

  private PodWorker.Next measured(String kind, Supplier<PodWorker.Next> work) {
    long begun = System.nanoTime();
    try {
      return work.get();
    } finally {
      metrics.worked(kind, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  private PodWorker.Next syncOnce(PodWorker worker) {
    PodContext context = worker.context();
    if (context.startup().filter(PodStartup::begin).isPresent()) {
      metrics.pods().begun(Duration.between(context.firstSeen(), clock.instant()));
    }
    PodRuntimeStatus status = determined(context, cache::look);
    resizer.consider(context, status);
    boolean resizing = context.resources().inProgress();
    Optional<Duration> resizeAgain = resizer.settle(context, status);
    if (resizing && !context.resources().inProgress()) {
      // What was given to the pod as a whole counts already.
      status = determined(context, cache::read);
    }
    Pod pod = context.pod();
    followers.follow(context, status);
    String phase = tell(worker, status, false);
    Optional<Duration> deadline = deadline(context);
    if (deadline.filter(d -> d.isNegative() || d.isZero()).isPresent()) {
      events.normal(pod, "DeadlineExceeded", OVERDUE);
      worker.terminate(
          OptionalLong.empty(), Optional.of(Verdict.of("DeadlineExceeded", OVERDUE)), false);
      return PodWorker.Next.stay(PodWorker.Phase.SYNCING);
    }
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return new PodWorker.Next(PodWorker.Phase.TERMINATING, Optional.of(Duration.ZERO));
    }
    Optional<String> problem = pod.hostNetwork() ? Optional.empty() : networkProblem.get();
    if (problem.isPresent()) {
      events.warning(pod, "NetworkNotReady", "network is not ready: " + problem.get());
      return new PodWorker.Next(PodWorker.Phase.SYNCING, Optional.of(Duration.ofSeconds(1)));
    }
    if (!context.room().isDone()) {
      return PodWorker.Next.stay(PodWorker.Phase.SYNCING);
    }
    if (!status.anythingRunning()) {
      try {
        devices.allocate(pod);
      } catch (NodeDevices.Refused e) {
        Verdict rejected = Verdict.rejected(e.reason(), String.valueOf(e.getMessage()));
        events.warning(pod, rejected.reason(), rejected.why());
        metrics.pods().refused(rejected.reason());
        worker.terminate(OptionalLong.of(0), Optional.of(rejected), false);
        return PodWorker.Next.stay(PodWorker.Phase.SYNCING);
      } catch (NodeDevices.NotReady e) {
        events.warning(
            pod,
            "FailedPrepareDynamicResources",
            "Failed to prepare dynamic resources: " + e.getMessage());
        return new PodWorker.Next(PodWorker.Phase.SYNCING, Optional.of(context.mountFailed()));
      }
    }
    Map<String, Mounted> mounted;
    Optional<Duration> mountAgain = Optional.empty();
    try {
      ensureCgroup(pod);
      paths.make(paths.volumes(pod.uid()));
      mounted = volumes.mount(pod);
      context.mounted();
    } catch (VolumeManager.MountException e) {
      if (e.refused().isPresent()) {
        Verdict rejected = Verdict.rejected("VolumeAttachmentLimitExceeded", e.refused().get());
        events.warning(pod, rejected.reason(), rejected.why());
        worker.terminate(OptionalLong.of(0), Optional.of(rejected), false);
        return PodWorker.Next.stay(PodWorker.Phase.SYNCING);
      }
      e.failures().forEach(f -> events.warning(pod, f.reason(), f.message()));
      mountAgain = Optional.of(context.mountFailed());
      if (e.standing().isEmpty()) {
        return new PodWorker.Next(PodWorker.Phase.SYNCING, mountAgain);
      }
      mounted = e.standing().get();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    PodRuntime.Result result = runtime.sync(context, status, mounted);
    if (result.acted()) {
      // Tell what came of it at once, and act on it; nothing to do next time ends the chain.
      return new PodWorker.Next(PodWorker.Phase.SYNCING, Optional.of(Duration.ZERO));
    }
    if (result.retryAfter().isPresent()) {
      tell(worker, status, false);
    }
    gc.afterSync(pod, status);
    return new PodWorker.Next(
        PodWorker.Phase.SYNCING,
        sooner(
            sooner(sooner(deadline, resizeAgain), mountAgain),
            sooner(result.retryAfter(), refresh(pod.uid()))));
  }

  /**
   * What the runtime has of the pod. That it does not say is an event; that it is away is told of
   * the node.
   */
  private PodRuntimeStatus determined(
      PodContext context, Function<String, PodRuntimeStatus> reading) {
    try {
      return reading.apply(context.uid());
    } catch (CriException e) {
      if (!e.isUnavailable()) {
        events.warning(context.pod(), "FailedSync", "error determining status: " + e.describe());
      }
      throw e;
    }
  }

  private void ensureCgroup(Pod pod) throws IOException {
    try {
      cgroups.ensure(pod);
    } catch (IOException e) {
      events.warning(
          pod,
          "FailedCreatePodContainer",
          "unable to ensure pod container exists: " + e.getMessage());
      throw e;
    }
  }

  /** What is left of {@code activeDeadlineSeconds}, counted from the pod's start. */
  private Optional<Duration> deadline(PodContext context) {
    JsonNode seconds = context.pod().spec().path("activeDeadlineSeconds");
    if (!seconds.isNumber()) {
      return Optional.empty();
    }
    Instant since = Timestamps.parse(before(context.pod()).path("startTime").asText(""));
    return Optional.of(
        Duration.between(
            clock.instant(),
            (since == null ? context.firstSeen() : since).plusSeconds(seconds.asLong())));
  }

  private Optional<Duration> refresh(String uid) {
    return volumes
        .nextRefresh(uid)
        .map(t -> Duration.between(clock.instant(), t))
        .map(d -> d.compareTo(Duration.ofSeconds(1)) < 0 ? Duration.ofSeconds(1) : d);
  }

  private static Optional<Duration> sooner(Optional<Duration> a, Optional<Duration> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.or(() -> b);
    }
    return a.get().compareTo(b.get()) <= 0 ? a : b;
  }

  @Override
  public PodWorker.Next terminate(PodWorker worker) {
    return measured("terminate", () -> terminateOnce(worker));
  }

  private PodWorker.Next terminateOnce(PodWorker worker) {
    PodContext context = worker.context();
    Pod pod = context.pod();
    PodRuntimeStatus status = determined(context, cache::read);
    tell(worker, status, false);
    String ip = status.ips().isEmpty() ? "" : status.ips().getFirst();
    followers.ending(pod.uid());
    ending.add(pod.uid());
    try {
      killer.killPod(pod, status, worker::graceSeconds, pod.hostNetwork() ? "" : ip);
    } finally {
      glances.with(pod.uid(), () -> ending.remove(pod.uid()));
    }
    followers.forget(pod.uid());
    PodRuntimeStatus after = determined(context, cache::read);
    if (after.anythingRunning()) {
      throw new IllegalStateException("detected running containers after a successful KillPod");
    }
    // Who hears that the pod is over may give its devices to the next one.
    release(worker, after);
    tell(worker, after, true);
    return new PodWorker.Next(PodWorker.Phase.TERMINATED, Optional.of(Duration.ZERO));
  }

  private void release(PodWorker worker, PodRuntimeStatus status) {
    try {
      devices.release(worker.context().uid());
    } catch (NodeDevices.NotReady e) {
      tell(worker, status, false);
      throw new IllegalStateException("the pod's devices are not given back yet", e);
    }
  }

  /**
   * While a pod's containers end, its worker waits for them. Which of them have ended already, and
   * what readiness probes say, is told all the same, so that Services stop leading there in time.
   */
  @Override
  public void glance(PodWorker worker) {
    String uid = worker.context().uid();
    if (worker.context().pod().isStatic() || !ending.contains(uid)) {
      return;
    }
    glances.with(
        uid, () -> ending.contains(uid) ? tell(worker, cache.read(uid), false) : "it has ended");
  }

  @Override
  public void hurry(PodWorker worker) {
    killer.hurry(worker.context().uid(), worker.graceSeconds());
  }

  @Override
  public PodWorker.Next terminated(PodWorker worker) {
    PodContext context = worker.context();
    Pod pod = context.pod();
    String uid = pod.uid();
    resizer.ended(uid);
    cache.last(uid).ifPresent(status -> tell(worker, status, true));
    try {
      volumes.unmount(uid);
      users.release(uid);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cgroups.remove(pod);
    if (worker.isRemoved()) {
      return new PodWorker.Next(PodWorker.Phase.FINISHED, Optional.empty());
    }
    Optional<Pod> inApi = target.apply(pod);
    if (pod.isDeleting() && inApi.isPresent() && !pod.isStatic()) {
      awaitStatus(uid);
      delete(inApi.get());
    } else if (!pod.isDeleting()) {
      // A completed pod stays; it comes back here when it is deleted.
      return new PodWorker.Next(PodWorker.Phase.TERMINATED, Optional.empty());
    }
    return new PodWorker.Next(PodWorker.Phase.FINISHED, Optional.empty());
  }

  private void awaitStatus(String uid) {
    try {
      statusManager.settled(uid).get(30, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException | java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("the pod's last status is not written yet", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void delete(Pod pod) {
    try {
      client
          .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.now().ifUid(pod.uid()))
          .await()
          .atMost(Duration.ofSeconds(30));
    } catch (RuntimeException e) {
      if (!StatusException.isNotFound(e) && !StatusException.isConflict(e)) {
        throw e;
      }
    }
  }

  /**
   * The status that was told last, by this kubelet or the one before. A manifest has none; its
   * mirror says since when its pod runs, and since when its conditions stand.
   */
  private JsonNode before(Pod pod) {
    Optional<JsonNode> last = statusManager.last(pod.uid());
    if (last.isPresent() || !pod.isStatic()) {
      return last.orElse(pod.status());
    }
    ObjectNode known = Json.object();
    JsonNode mirror = target.apply(pod).map(Pod::status).orElse(pod.status());
    for (String field : new String[] {"startTime", "conditions"}) {
      if (mirror.has(field)) {
        known.set(field, mirror.get(field));
      }
    }
    return known;
  }

  /**
   * Computes and hands over the status; answers the phase, which is told later where it is a last
   * one and the pod has not ended.
   */
  private String tell(PodWorker worker, PodRuntimeStatus status, boolean ended) {
    PodContext context = worker.context();
    Pod pod = context.pod();
    ObjectNode computed = statuses.build(context, status, before(pod), ended, worker.verdict());
    String phase = computed.path("phase").asText("");
    boolean more = !ended && PodStatusBuilder.holdBack(computed, before(pod));
    if (!worker.isRemoved()) {
      boolean soon = more && !status.anythingRunning();
      target.apply(pod).ifPresent(t -> statusManager.set(pod.uid(), t, computed, soon));
    }
    if (phase.equals("Running") && context.firstTimeRunning()) {
      metrics.podRunning(Duration.between(context.firstSeen(), clock.instant()));
    }
    return phase;
  }
}
