package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees memory, disk and inodes run short (Kubernetes docs, "Node-pressure Eviction"; upstream's
 * hard thresholds, {@link Threshold#HARD}), tells it by the Node's conditions, removes unused
 * images where that helps, and else ends one pod at a time: those above their requests first, then
 * by priority, then by use. Pods above their own limits of local storage are ended too.
 *
 * <p>Looks every ten seconds, at two files of /proc and one or two file systems; walks the
 * directories only of pods with a limit.
 */
public final class EvictionManager {
  private static final Logger LOG = LoggerFactory.getLogger(EvictionManager.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration CALM = Duration.ofMinutes(5);

  private final RuntimeService runtime;
  private final SyncLoop loop;
  private final NodeStatusManager node;
  private final PodEvents events;
  private final KubeletMetrics metrics;
  private final Timers timers;
  private final ImageGc imageGc;
  private final LocalStorage storage;
  private final Observer observer;
  private long memoryShortUntil;
  private long diskShortUntil;
  private volatile boolean memoryPressure;
  private volatile boolean diskPressure;
  private Timers.Handle timer = () -> {};

  /** What the node has of everything watched; what cannot be read is left out. */
  @FunctionalInterface
  interface Observer {
    Map<Signal, Threshold.Observation> look();
  }

  public EvictionManager(
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      ImageManager images,
      NodeStatusManager node,
      PodEvents events,
      KubeletMetrics metrics,
      Timers timers,
      PodPaths paths) {
    this.runtime = runtime;
    this.loop = loop;
    this.node = node;
    this.events = events;
    this.metrics = metrics;
    this.timers = timers;
    this.storage = new LocalStorage(paths);
    NodeRoom room = new NodeRoom(runtime, paths.root());
    this.observer = room;
    this.imageGc = new ImageGc(runtime, cache, loop, images, room::imagesFreePercent);
  }

  public void start() {
    timer = timers.every(PERIOD, this::look);
  }

  public void stop() {
    timer.cancel();
  }

  public boolean memoryPressure() {
    return memoryPressure;
  }

  public boolean diskPressure() {
    return diskPressure;
  }

  /** One look; also called by its timer. */
  public void look() {
    Map<Signal, Threshold.Observation> seen = observer.look();
    imageGc.run();
    List<Threshold> met = met(seen);
    boolean memory = met.stream().anyMatch(t -> t.signal().isMemory());
    boolean disk = met.stream().anyMatch(t -> !t.signal().isMemory());
    long now = System.nanoTime();
    memoryShortUntil = memory ? now + CALM.toNanos() : memoryShortUntil;
    diskShortUntil = disk ? now + CALM.toNanos() : diskShortUntil;
    memoryPressure = memory || memoryShortUntil != 0 && now < memoryShortUntil;
    diskPressure = disk || diskShortUntil != 0 && now < diskShortUntil;
    node.pressure(memoryPressure, diskPressure);
    if (evictAboveTheirLimits() || met.isEmpty()) {
      return;
    }
    if (!met.getFirst().signal().isMemory()) {
      imageGc.removeAllUnused();
      seen = observer.look();
      met = met(seen);
    }
    if (!met.isEmpty()) {
      Threshold worst = met.getFirst();
      evictOne(worst, java.util.Objects.requireNonNull(seen.get(worst.signal())));
    }
  }

  private static List<Threshold> met(Map<Signal, Threshold.Observation> seen) {
    return Threshold.HARD.stream()
        .filter(t -> seen.containsKey(t.signal()))
        .filter(t -> t.isMet(java.util.Objects.requireNonNull(seen.get(t.signal()))))
        .toList();
  }

  private boolean evictAboveTheirLimits() {
    List<PodContext> limited =
        loop.pods().stream()
            .filter(p -> !loop.isEnded(p.uid()) && !p.pod().isDeleting())
            .filter(p -> LocalStorage.isLimited(p.pod()))
            .toList();
    if (limited.isEmpty()) {
      return false;
    }
    Usage usage = Usage.of(runtime);
    boolean any = false;
    for (PodContext p : limited) {
      Optional<String> why = storage.excess(p.pod(), usage.layers(p.uid()));
      if (why.isPresent()) {
        evict(p.pod(), why.get());
        any = true;
      }
    }
    return any;
  }

  private void evictOne(Threshold threshold, Threshold.Observation seen) {
    Usage usage = Usage.of(runtime);
    boolean memory = threshold.signal().isMemory();
    Map<String, Long> use = new HashMap<>();
    List<PodContext> running =
        loop.pods().stream()
            .filter(p -> !loop.isEnded(p.uid()) && !p.pod().isDeleting() && !p.pod().isStatic())
            .filter(p -> !p.pod().spec().path("priorityClassName").asText("").startsWith("system-"))
            .toList();
    for (PodContext p : running) {
      use.put(
          p.uid(), memory ? usage.memory(p.uid()) : storage.used(p.pod(), usage.layers(p.uid())));
    }
    running.stream()
        .min(rank(use, memory ? "memory" : "ephemeral-storage"))
        .ifPresent(p -> evict(p.pod(), EvictionMessages.of(p.pod(), threshold, seen, usage)));
  }

  private void evict(Pod pod, String message) {
    LOG.atWarn().addKeyValue("pod", pod.key()).addKeyValue("why", message).log("Evicting a pod");
    events.warning(pod, "Evicted", message);
    metrics.evicted();
    loop.evict(pod.uid(), Verdict.disruption("Evicted", message), OptionalLong.of(1));
  }

  private static Comparator<PodContext> rank(Map<String, Long> use, String resource) {
    return Comparator.comparing(
            (PodContext p) -> use.getOrDefault(p.uid(), 0L) <= requested(p.pod(), resource))
        .thenComparing(p -> p.pod().spec().path("priority").asInt(0))
        .thenComparing(p -> requested(p.pod(), resource) - use.getOrDefault(p.uid(), 0L));
  }

  private static long requested(Pod pod, String resource) {
    return pod.containers().stream().mapToLong(c -> EvictionMessages.request(c, resource)).sum();
  }
}
