package dev.coracle.kubelet.internal.eviction;

import dev.coracle.api.Quantity;
import dev.coracle.cri.v1.ContainerStats;
import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.Labels;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees memory and disk run short (Kubernetes docs, "Node-pressure Eviction"; upstream's hard
 * thresholds: memory.available below 100 MiB, nodefs.available below 10 %), tells it by the Node's
 * conditions, removes unused images where that helps, and else ends one pod at a time: those above
 * their requests first, then by priority, then by use.
 *
 * <p>Looks every ten seconds, at two files of /proc and one statfs.
 */
public final class EvictionManager {
  private static final Logger LOG = LoggerFactory.getLogger(EvictionManager.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration CALM = Duration.ofMinutes(5);
  private static final long MEMORY_MINIMUM = 100L << 20;
  private static final int DISK_PERCENT = 10;
  private static final int IMAGES_HIGH_PERCENT = 85;

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final SyncLoop loop;
  private final ImageManager images;
  private final NodeStatusManager node;
  private final PodEvents events;
  private final KubeletMetrics metrics;
  private final Timers timers;
  private final Path root;
  private final LongSupplier memoryAvailable;
  private long memoryShortUntil;
  private long diskShortUntil;
  private volatile boolean memoryPressure;
  private volatile boolean diskPressure;
  private Timers.Handle timer = () -> {};

  public EvictionManager(
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      ImageManager images,
      NodeStatusManager node,
      PodEvents events,
      KubeletMetrics metrics,
      Timers timers,
      Path root) {
    this.runtime = runtime;
    this.cache = cache;
    this.loop = loop;
    this.images = images;
    this.node = node;
    this.events = events;
    this.metrics = metrics;
    this.timers = timers;
    this.root = root;
    this.memoryAvailable = Machine::memoryAvailable;
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

  private void look() {
    long available = memoryAvailable.getAsLong();
    boolean memory = available > 0 && available < MEMORY_MINIMUM;
    int free = freePercent();
    boolean disk = free < DISK_PERCENT;
    if (free < 100 - IMAGES_HIGH_PERCENT) {
      removeUnusedImages();
    }
    long now = System.nanoTime();
    memoryShortUntil = memory ? now + CALM.toNanos() : memoryShortUntil;
    diskShortUntil = disk ? now + CALM.toNanos() : diskShortUntil;
    memoryPressure = memory || memoryShortUntil != 0 && now < memoryShortUntil;
    diskPressure = disk || diskShortUntil != 0 && now < diskShortUntil;
    node.pressure(memoryPressure, diskPressure);
    if (memory) {
      evictOne("memory", "memory.available", "100Mi", Quantity.ofBytes(available));
    } else if (disk && freePercent() < DISK_PERCENT) {
      evictOne("ephemeral-storage", "nodefs.available", "10%", Quantity.of(free));
    }
  }

  private int freePercent() {
    try {
      FileStore store = Files.getFileStore(root);
      long total = store.getTotalSpace();
      return total == 0 ? 100 : (int) (store.getUsableSpace() * 100 / total);
    } catch (IOException e) {
      return 100;
    }
  }

  private void evictOne(String resource, String signal, String threshold, Quantity available) {
    Map<String, Long> use = use();
    List<PodContext> candidates =
        loop.pods().stream()
            .filter(p -> !loop.isEnded(p.uid()) && !p.pod().isDeleting() && !p.pod().isStatic())
            .filter(p -> !p.pod().spec().path("priorityClassName").asText("").startsWith("system-"))
            .sorted(rank(use))
            .toList();
    if (candidates.isEmpty()) {
      return;
    }
    Pod pod = candidates.getFirst().pod();
    String message =
        "The node was low on resource: "
            + resource
            + ". Threshold quantity: "
            + threshold
            + ", available: "
            + available
            + ". ";
    LOG.atWarn().addKeyValue("pod", pod.key()).addKeyValue("signal", signal).log("Evicting a pod");
    events.warning(pod, "Evicted", message);
    metrics.evicted();
    loop.evict(pod.uid(), Verdict.disruption("Evicted", message), OptionalLong.of(1));
  }

  private static Comparator<PodContext> rank(Map<String, Long> use) {
    return Comparator.comparing(
            (PodContext p) -> use.getOrDefault(p.uid(), 0L) <= requested(p.pod()))
        .thenComparing(p -> p.pod().spec().path("priority").asInt(0))
        .thenComparing(p -> QosClass.of(p.pod()) == QosClass.GUARANTEED)
        .thenComparing(p -> requested(p.pod()) - use.getOrDefault(p.uid(), 0L));
  }

  private static long requested(Pod pod) {
    long sum = 0;
    for (ContainerSpec c : pod.containers()) {
      Quantity q = Quantity.tryParse(c.requests().path("memory").asText("0"));
      sum += q == null ? 0 : q.longValue();
    }
    return sum;
  }

  private Map<String, Long> use() {
    Map<String, Long> use = new HashMap<>();
    try {
      for (ContainerStats c : runtime.containerStats()) {
        use.merge(
            c.getAttributes().getLabelsMap().getOrDefault(Labels.POD_UID, ""),
            c.getMemory().getWorkingSetBytes().getValue(),
            Long::sum);
      }
    } catch (CriException e) {
      LOG.atDebug().log("No statistics for ranking: {}", e.describe());
    }
    return use;
  }

  /**
   * Removes images no container has, the longest unused first, until a fifth of the disk is free.
   */
  private void removeUnusedImages() {
    try {
      Set<String> used = new HashSet<>();
      for (PodContext p : loop.pods()) {
        cache.last(p.uid()).ifPresent(s -> s.containers().forEach(c -> used.add(c.imageRef())));
        p.pod().allContainers().forEach(c -> used.add(c.image()));
      }
      Map<String, Long> lastUsed = images.lastUsed();
      List<Image> idle =
          runtime.listImages().stream()
              .filter(i -> !i.getPinned() && !used.contains(i.getId()))
              .filter(i ->
                  i.getRepoTagsList().stream().noneMatch(used::contains)
                      && i.getRepoDigestsList().stream().noneMatch(used::contains))
              .sorted(Comparator.comparing(i -> lastUsed.getOrDefault(i.getId(), 0L)))
              .toList();
      for (Image image : idle) {
        if (freePercent() >= 20) {
          break;
        }
        LOG.atInfo()
            .addKeyValue("image", image.getId())
            .log("Removing an unused image, the disk is full");
        runtime.removeImage(image.getId());
      }
      images.forgetAll();
    } catch (CriException e) {
      LOG.atWarn().addKeyValue("why", e.describe()).log("Unused images could not be removed");
    }
  }
}
