package dev.coracle.kubelet.internal.eviction;

import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.config.ImageOptions;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.sync.SyncLoop;
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
import java.util.Set;
import java.util.function.IntSupplier;
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
  private final SyncLoop loop;
  private final ImageManager images;
  private final ImageOptions options;
  private final Clock clock;
  private final KubeletMetrics metrics;
  private final IntSupplier freePercent;

  ImageGc(
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      ImageManager images,
      ImageOptions options,
      Clock clock,
      KubeletMetrics metrics,
      IntSupplier freePercent) {
    this.runtime = runtime;
    this.cache = cache;
    this.loop = loop;
    this.images = images;
    this.options = options;
    this.clock = clock;
    this.metrics = metrics;
    this.freePercent = freePercent;
  }

  void run() {
    if (freePercent.getAsInt() < 100 - options.highPercent()) {
      remove(100 - options.lowPercent());
    }
    if (!options.maximumAge().isZero()) {
      removeOld();
    }
  }

  /** Eviction's first means: whatever nobody uses. */
  void removeAllUnused() {
    remove(100);
  }

  private void remove(int untilFree) {
    try {
      List<Image> idle = idle();
      // An image that was met in this look has some age by now, if less than a moment's.
      Instant newest = clock.instant().minus(options.minimumAge());
      for (Image image : idle) {
        if (freePercent.getAsInt() >= untilFree) {
          break;
        }
        if (!images.ages().since(image.getId()).isAfter(newest)) {
          remove(image, "space");
        }
      }
    } catch (CriException e) {
      LOG.atWarn().addKeyValue("why", e.describe()).log("Unused images could not be removed");
    }
  }

  private void removeOld() {
    Instant oldest = clock.instant().minus(options.maximumAge());
    try {
      for (Image image : idle()) {
        if (images.ages().lastUsed(image.getId()).isBefore(oldest)) {
          remove(image, "age");
        }
      }
    } catch (CriException e) {
      LOG.atWarn().addKeyValue("why", e.describe()).log("Old images could not be removed");
    }
  }

  /**
   * @param reason whether its disk is full ({@code space}), or it has not been used for long
   *     ({@code age})
   */
  private void remove(Image image, String reason) {
    LOG.atInfo()
        .addKeyValue("image", image.getId())
        .addKeyValue("reason", reason)
        .log("Removing an unused image");
    runtime.removeImage(image.getId());
    metrics.imageRemoved(reason);
  }

  /** Those no container has, the longest unused first. */
  private List<Image> idle() {
    Set<String> used = new HashSet<>();
    for (PodContext p : loop.pods()) {
      cache.last(p.uid()).ifPresent(s -> s.containers().forEach(c -> used.add(c.imageRef())));
      p.pod().allContainers().forEach(c -> used.add(c.image()));
    }
    Instant now = clock.instant();
    List<Image> all = runtime.listImages();
    images.ages().retain(all, now);
    List<Image> idle = new ArrayList<>();
    for (Image image : all) {
      if (used.contains(image.getId())
          || image.getRepoTagsList().stream().anyMatch(used::contains)
          || image.getRepoDigestsList().stream().anyMatch(used::contains)) {
        images.ages().use(image.getId(), now);
      } else if (!image.getPinned()) {
        idle.add(image);
      }
    }
    // Read once each: pods that start meanwhile use images too.
    Map<String, Instant> lastUsed = new HashMap<>();
    idle.forEach(i -> lastUsed.put(i.getId(), images.ages().lastUsed(i.getId())));
    idle.sort(Comparator.comparing(i -> lastUsed.getOrDefault(i.getId(), Instant.EPOCH)));
    return idle;
  }
}
