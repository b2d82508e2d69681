package dev.coracle.kubelet.internal.eviction;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Aggregate;
import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.config.ImageOptions;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.host.Native.FileSystemRoom;
import dev.coracle.kubelet.internal.image.ImageAges;
import dev.coracle.kubelet.internal.image.ImageReference;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes images no container has, the longest unused first, when their file system is fuller than
 * the high threshold (85 %) and until it is down to the low one (80 %), but for those that have
 * just come; and those that nobody has used for long, where that is asked for. Blocks.
 */
final class ImageGc {
  private static final Logger LOG = LoggerFactory.getLogger(ImageGc.class);

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final Supplier<List<PodContext>> pods;
  private final ImageAges ages;
  private final ImageOptions options;
  private final Clock clock;
  private final KubeletMetrics metrics;
  private final Supplier<Optional<FileSystemRoom>> disk;
  private final NodeEvents events;
  private boolean failedBefore;

  /** There are images that could not be removed, or fewer than had to be. */
  private static final class GcException extends Exception {
    private static final long serialVersionUID = 1L;

    GcException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * @param disk that of the images; empty while it cannot be asked
   * @param events no more of them than are to be told
   */
  ImageGc(
      RuntimeService runtime,
      RuntimeCache cache,
      Supplier<List<PodContext>> pods,
      ImageAges ages,
      ImageOptions options,
      Clock clock,
      KubeletMetrics metrics,
      Supplier<Optional<FileSystemRoom>> disk,
      NodeEvents events) {
    this.runtime = runtime;
    this.cache = cache;
    this.pods = pods;
    this.ages = ages;
    this.options = options;
    this.clock = clock;
    this.metrics = metrics;
    this.disk = disk;
    this.events = events;
  }

  void run() {
    try {
      if (!options.maximumAge().isZero()) {
        removeOld();
      }
      makeRoom();
      failedBefore = false;
    } catch (CriException e) {
      failed(e.describe());
    } catch (GcException e) {
      failed(String.valueOf(e.getMessage()));
    }
  }

  private void failed(String why) {
    if (failedBefore) { // Once may be a start at which little is known yet.
      events.warning("ImageGCFailed", why);
    } else {
      LOG.atWarn().addKeyValue("why", why).log("Images could not be removed as they should be");
    }
    failedBefore = true;
  }

  /** With a high threshold of 100 the disk is left to fill up. */
  private void makeRoom() throws GcException {
    Optional<FileSystemRoom> room = options.highPercent() < 100 ? disk.get() : Optional.empty();
    if (room.isEmpty()) {
      return;
    }
    long capacity = room.get().bytes();
    if (capacity == 0) {
      String message = "invalid capacity 0 on image filesystem";
      events.warning("InvalidDiskCapacity", message);
      throw new GcException(message);
    }
    int used = 100 - freePercent(room.get());
    if (used < options.highPercent()) {
      return;
    }
    int untilFree = 100 - options.lowPercent();
    long freed = remove(untilFree, capacity * untilFree / 100 - room.get().free());
    if (disk.get().map(ImageGc::freePercent).orElse(100) < untilFree) {
      String message =
          "Insufficient free disk space on the node's image filesystem ("
              + used
              + "% of "
              + BinarySize.of(capacity)
              + " used). Failed to free sufficient space by deleting unused images (freed "
              + freed
              + " bytes). Investigate disk usage, as it could be used by active images, logs,"
              + " volumes, or other data.";
      events.warning("FreeDiskSpaceFailed", message);
      throw new GcException(message);
    }
  }

  private static int freePercent(FileSystemRoom room) {
    return room.bytes() == 0
        ? 100
        : (int) (Math.min(room.free(), room.bytes()) * 100 / room.bytes());
  }

  /** Eviction's first means: whatever nobody uses. */
  void removeAllUnused() {
    try {
      remove(100, Long.MAX_VALUE);
    } catch (CriException e) {
      LOG.atWarn().addKeyValue("why", e.describe()).log("Unused images could not be removed");
    } catch (GcException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("Unused images could not be removed");
    }
  }

  /**
   * Answers how many bytes the images had that are gone.
   *
   * @param wanted how many are to go, for whoever is told
   */
  private long remove(int untilFree, long wanted) throws GcException {
    List<Image> idle = idle();
    // An image that was met in this look has some age by now, if less than a moment's.
    Instant newest = clock.instant().minus(options.minimumAge());
    long freed = 0;
    List<String> failures = new ArrayList<>();
    for (Image image : idle) {
      if (disk.get().map(ImageGc::freePercent).orElse(100) >= untilFree) {
        break;
      }
      if (!ages.since(image.getId()).isAfter(newest)) {
        Optional<String> failure = remove(image, "space");
        failure.ifPresent(failures::add);
        freed += failure.isPresent() ? 0 : image.getSize();
      }
    }
    if (!failures.isEmpty()) {
      throw new GcException(
          "wanted to free "
              + wanted
              + " bytes, but freed "
              + freed
              + " bytes space with errors in image deletion: "
              + Aggregate.of(failures));
    }
    return freed;
  }

  private void removeOld() throws GcException {
    Instant oldest = clock.instant().minus(options.maximumAge());
    List<String> failures = new ArrayList<>();
    for (Image image : idle()) {
      if (ages.lastUsed(image.getId()).isBefore(oldest)) {
        remove(image, "age").ifPresent(failures::add);
      }
    }
    if (!failures.isEmpty()) {
      throw new GcException(
          "wanted to free images older than "
              + GoText.duration(options.maximumAge())
              + ", encountered errors in image deletion: "
              + Aggregate.of(failures));
    }
  }

  /**
   * @param reason whether its disk is full ({@code space}), or it has not been used for long
   *     ({@code age})
   * @return why it could not be removed
   */
  private Optional<String> remove(Image image, String reason) {
    LOG.atInfo()
        .addKeyValue("image", image.getId())
        .addKeyValue("reason", reason)
        .log("Removing an unused image");
    try {
      runtime.removeImage(image.getId());
    } catch (CriException e) {
      return Optional.of(e.describe());
    }
    metrics.imageRemoved(reason);
    return Optional.empty();
  }

  /** A pod uses its image volumes, though no container is made of them (KEP-4639). */
  private void volumes(Pod pod, Set<String> used) {
    for (JsonNode volume : pod.spec().path("volumes")) {
      String reference = volume.path("image").path("reference").asText("");
      if (reference.isEmpty()) {
        continue;
      }
      try {
        runtime.imageStatus(ImageReference.withTag(reference)).ifPresent(i -> used.add(i.getId()));
      } catch (IllegalArgumentException e) {
        LOG.atDebug().addKeyValue("pod", pod.key()).log("No image can have the name of its volume");
      }
    }
  }

  /** Those that neither a container nor a volume has, the longest unused first. */
  private List<Image> idle() {
    Set<String> used = new HashSet<>();
    for (PodContext p : pods.get()) {
      cache.last(p.uid()).ifPresent(s -> s.containers().forEach(c -> used.add(c.imageRef())));
      p.pod().allContainers().forEach(c -> used.add(c.image()));
      if (!p.pod().isTerminalPhase()) {
        volumes(p.pod(), used);
      }
    }
    Instant now = clock.instant();
    List<Image> all = runtime.listImages();
    ages.retain(all, now);
    List<Image> idle = new ArrayList<>();
    for (Image image : all) {
      if (used.contains(image.getId())
          || image.getRepoTagsList().stream().anyMatch(used::contains)
          || image.getRepoDigestsList().stream().anyMatch(used::contains)) {
        ages.use(image.getId(), now);
      } else if (!image.getPinned()) {
        idle.add(image);
      }
    }
    // Read once each: pods that start meanwhile use images too.
    Map<String, Instant> lastUsed = new HashMap<>();
    idle.forEach(i -> lastUsed.put(i.getId(), ages.lastUsed(i.getId())));
    idle.sort(Comparator.comparing(i -> lastUsed.getOrDefault(i.getId(), Instant.EPOCH)));
    return idle;
  }
}
