package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.config.EvictionOptions;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.event.SeldomEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerGc;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees memory, disk, inodes and process ids run short (Kubernetes docs, "Node-pressure Eviction"),
 * tells it by the Node's conditions, removes ended containers and unused images where that helps,
 * and else ends one pod at a time in the order of {@link Ranking}. Pods above their own limits of
 * local storage are ended too.
 *
 * <p>Looks every ten seconds, at three files of /proc and one to three file systems; walks the
 * directories only of pods with a limit.
 */
public final class EvictionManager {
  private static final Logger LOG = LoggerFactory.getLogger(EvictionManager.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);

  /** As often as upstream looks for images to remove. */
  private static final Duration IMAGE_EVENTS = Duration.ofMinutes(5);

  /** What a hard threshold leaves a pod. */
  private static final long AT_ONCE_SECONDS = 1;

  /** How much longer than its grace a pod is waited for that was evicted. */
  private static final Duration LATE = Duration.ofSeconds(30);

  /** What the node has of everything watched; what cannot be read is left out. */
  @FunctionalInterface
  public interface Observer {
    Map<EvictionSignal, Observation> look();
  }

  private final RuntimeService runtime;
  private final SyncLoop loop;
  private final NodeStatusManager node;
  private final PodEvents events;
  private final NodeEvents nodeEvents;
  private final KubeletMetrics metrics;
  private final Timers timers;
  private final ImageGc imageGc;
  private final ContainerGc containerGc;
  private final LocalStorage storage;
  private final NodeRoom room;
  private final Observer observer;
  private final GraceWatch graces;
  private final EvictionOptions options;
  private @Nullable Shortage shortage;
  private volatile Set<Condition> conditions = Set.of();
  private Timers.Handle timer = () -> {};
  private Going last = new Going(CompletableFuture.completedFuture(null), 0);

  /**
   * @param observer empty: this machine
   */
  public EvictionManager(
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      ImageManager images,
      ContainerGc containerGc,
      NodeStatusManager node,
      PodEvents events,
      NodeEvents nodeEvents,
      KubeletMetrics metrics,
      Timers timers,
      PodPaths paths,
      KubeletConfiguration configuration,
      Optional<Observer> observer) {
    this.runtime = runtime;
    this.loop = loop;
    this.containerGc = containerGc;
    this.node = node;
    this.events = events;
    this.nodeEvents = nodeEvents;
    this.metrics = metrics;
    this.timers = timers;
    this.options = configuration.eviction();
    this.graces = new GraceWatch(events, timers::after);
    this.storage = new LocalStorage(paths);
    this.room = new NodeRoom(runtime, paths.root());
    this.observer = observer.orElse(room);
    this.imageGc =
        new ImageGc(
            runtime,
            cache,
            loop::pods,
            images.ages(),
            configuration.images(),
            timers.clock(),
            metrics,
            room::images,
            new SeldomEvents(nodeEvents, IMAGE_EVENTS, System::nanoTime));
  }

  /**
   * A pod that was evicted. What it had is not free before it has ended, so that no other one is to
   * go for it.
   *
   * @param until it is waited for no longer
   */
  private record Going(CompletableFuture<Void> ended, long until) {
    boolean isAwaited() {
      return !ended.isDone() && System.nanoTime() - until < 0;
    }
  }

  public void start() {
    timer = timers.every(PERIOD, this::look);
  }

  public void stop() {
    timer.cancel();
  }

  /** Of the Node, now. */
  public Set<Condition> conditions() {
    return conditions;
  }

  /** One look; also called by its timer. */
  public synchronized void look() {
    long seenAt = System.nanoTime();
    Map<EvictionSignal, Observation> seen = observer.look();
    imageGc.run();
    Shortage tracked = shortage();
    Shortage.Verdict verdict = tracked.look(seen, System.nanoTime());
    conditions = verdict.conditions();
    node.pressure(conditions);
    if (evictAboveTheirLimits() || verdict.due().isEmpty() || last.isAwaited()) {
      return;
    }
    EvictionThreshold worst = verdict.due().getFirst();
    LOG.atWarn().addKeyValue("signal", worst.signal().text()).log("The node runs short");
    nodeEvents.warning(
        "EvictionThresholdMet", "Attempting to reclaim " + worst.signal().resource());
    if (tidy(worst.signal())) {
      seenAt = System.nanoTime();
      seen = observer.look();
      if (!tracked.isShort(seen)) {
        return;
      }
    }
    Observation now = seen.get(worst.signal());
    if (now != null) {
      metrics.evicting(worst.signal().text(), Duration.ofNanos(System.nanoTime() - seenAt));
      evictOne(worst, now);
    }
  }

  /** Asks where the runtime keeps its files, so not before the first look. */
  private Shortage shortage() {
    Shortage known = shortage;
    if (known == null) {
      known = new Shortage(options.withContainerFs(room.containersOnImageFs()), options);
      shortage = known;
    }
    return known;
  }

  /**
   * Ended containers and unused images go where they are in the way.
   *
   * @return whether anything may have
   */
  private boolean tidy(EvictionSignal signal) {
    DiskParts parts = parts(signal);
    if (parts.layers()) {
      containerGc.removeAllEnded(loop::isEnded);
    }
    if (parts.images()) {
      imageGc.removeAllUnused();
    }
    return parts.layers() || parts.images();
  }

  private DiskParts parts(EvictionSignal signal) {
    return DiskParts.of(signal, room.hasImageFs(), room.containersOnImageFs());
  }

  private boolean evictAboveTheirLimits() {
    List<PodContext> limited =
        loop.pods().stream()
            .filter(p -> mayGo(p.pod()))
            .filter(p -> LocalStorage.isLimited(p.pod()))
            .toList();
    if (limited.isEmpty()) {
      return false;
    }
    Usage usage = Usage.of(runtime);
    boolean any = false;
    for (PodContext p : limited) {
      Optional<LocalStorage.Excess> why = storage.excess(p.pod(), usage.layers(p.uid()));
      if (why.isPresent()) {
        // The pod's own doing is no disruption of it.
        String message = why.get().message();
        evict(p.pod(), Verdict.of("Evicted", message), AT_ONCE_SECONDS, why.get().limit());
        any = true;
      }
    }
    return any;
  }

  private void evictOne(EvictionThreshold threshold, Observation seen) {
    Usage usage = Usage.of(runtime);
    Map<String, Long> use = new HashMap<>();
    List<Pod> candidates = loop.pods().stream().map(PodContext::pod).filter(this::mayGo).toList();
    for (Pod p : candidates) {
      use.put(p.uid(), used(threshold.signal(), p, usage));
    }
    candidates.stream()
        .min(Ranking.of(threshold.signal(), use))
        .ifPresentOrElse(
            p ->
                evict(
                    p,
                    Verdict.disruption(
                        "Evicted", EvictionMessages.of(p, threshold, seen, usage, storage::logs)),
                    grace(threshold, p),
                    threshold.signal().text()),
            () ->
                LOG.atWarn()
                    .addKeyValue("signal", threshold.signal().text())
                    .log("The node runs short, and there is no pod to evict"));
  }

  private boolean mayGo(Pod pod) {
    return !loop.isEnded(pod.uid())
        && !loop.isEnding(pod.uid())
        && !pod.isDeleting()
        && !pod.isCritical();
  }

  private long used(EvictionSignal signal, Pod pod, Usage usage) {
    DiskParts parts = parts(signal);
    return switch (signal) {
      case MEMORY_AVAILABLE -> usage.memory(pod.uid());
      case PID_AVAILABLE -> usage.processes(pod.uid());
      case NODEFS_INODES_FREE, IMAGEFS_INODES_FREE, CONTAINERFS_INODES_FREE ->
          (parts.files() ? storage.inodes(pod) : 0)
              + (parts.layers() ? usage.inodes(pod.uid()) : 0);
      case NODEFS_AVAILABLE, IMAGEFS_AVAILABLE, CONTAINERFS_AVAILABLE ->
          (parts.files() ? storage.files(pod) : 0)
              + (parts.layers() ? LocalStorage.sum(usage.layers(pod.uid())) : 0);
    };
  }

  private long grace(EvictionThreshold threshold, Pod pod) {
    return threshold.isHard()
        ? AT_ONCE_SECONDS
        : Math.min(options.maxPodGraceSeconds(), pod.gracePeriodSeconds());
  }

  private void evict(Pod pod, Verdict why, long grace, String signal) {
    LOG.atWarn()
        .addKeyValue("pod", pod.key())
        .addKeyValue("why", why.message())
        .log("Evicting a pod");
    events.warning(pod, why.reason(), why.message());
    metrics.evicted(signal);
    loop.evict(pod.uid(), why, OptionalLong.of(grace));
    CompletableFuture<Void> ended = loop.ended(pod.uid());
    graces.watch(pod, grace, ended);
    last = new Going(ended, System.nanoTime() + Duration.ofSeconds(grace).plus(LATE).toNanos());
  }
}
