package dev.coracle.kubelet.internal.image;

import dev.coracle.cri.v1.Image;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Since when images are on the node and when each was last needed, by id, as far as this kubelet
 * has seen it. Safe for any thread.
 */
public final class ImageAges {
  private final Map<String, Instant> seen = new HashMap<>();
  private final Map<String, Instant> used = new HashMap<>();
  private @Nullable Instant began;

  /**
   * Forgets those that are gone. What is there the first time was there before, nobody knows since
   * when.
   *
   * @param all images of the runtime
   * @param asked when it was asked for them: what came since stays
   */
  public synchronized void retain(Collection<Image> all, Instant asked) {
    Instant since = began == null ? Instant.EPOCH : asked;
    began = began == null ? asked : began;
    Set<String> ids = new HashSet<>();
    for (Image image : all) {
      ids.add(image.getId());
      seen.putIfAbsent(image.getId(), since);
    }
    seen.entrySet().removeIf(e -> !ids.contains(e.getKey()) && e.getValue().isBefore(asked));
    used.keySet().retainAll(seen.keySet());
  }

  public synchronized void use(String id, Instant now) {
    seen.putIfAbsent(id, now);
    used.put(id, now);
  }

  /** When it came; the epoch for one that was here before. */
  public synchronized Instant since(String id) {
    return seen.getOrDefault(id, Instant.EPOCH);
  }

  /** When it was last needed, or else came; not before anybody looked. */
  public synchronized Instant lastUsed(String id) {
    Instant first = began == null ? Instant.EPOCH : began;
    Instant came = seen.getOrDefault(id, first);
    return used.getOrDefault(id, came.isBefore(first) ? first : came);
  }
}
