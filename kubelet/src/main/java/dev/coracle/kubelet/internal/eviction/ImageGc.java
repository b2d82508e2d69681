package dev.coracle.kubelet.internal.eviction;

import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes images no container has, the longest unused first, when their file system is fuller than
 * the high threshold (85 %) and until it is down to the low one (80 %). Blocks.
 */
final class ImageGc {
  private static final Logger LOG = LoggerFactory.getLogger(ImageGc.class);

  private final RuntimeService runtime;
  private final RuntimeCache cache;
  private final SyncLoop loop;
  private final ImageManager images;
  private final KubeletConfiguration options;
  private final IntSupplier freePercent;

  ImageGc(
      RuntimeService runtime,
      RuntimeCache cache,
      SyncLoop loop,
      ImageManager images,
      KubeletConfiguration options,
      IntSupplier freePercent) {
    this.runtime = runtime;
    this.cache = cache;
    this.loop = loop;
    this.images = images;
    this.options = options;
    this.freePercent = freePercent;
  }

  void run() {
    if (freePercent.getAsInt() < 100 - options.imageGcHighPercent()) {
      remove(100 - options.imageGcLowPercent());
    }
  }

  /** Eviction's first means: whatever nobody uses. */
  void removeAllUnused() {
    remove(100);
  }

  private void remove(int untilFree) {
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
        if (freePercent.getAsInt() >= untilFree) {
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
