package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Memory usage at a time, in bytes.
 *
 * @param availableBytes limit minus working set, null without a limit
 * @param usageBytes all memory, caches included
 * @param workingSetBytes usage minus inactive file cache: what eviction looks at
 * @param rssBytes anonymous memory
 * @param swapBytes swap in use
 * @param swapAvailableBytes swap that is left, null where nobody tells
 */
public record MemoryStats(
    Instant time,
    @Nullable Long availableBytes,
    @Nullable Long usageBytes,
    @Nullable Long workingSetBytes,
    @Nullable Long rssBytes,
    @Nullable Long pageFaults,
    @Nullable Long majorPageFaults,
    @Nullable Long swapBytes,
    @Nullable Long swapAvailableBytes) {

  public static MemoryStats of(
      Instant time, @Nullable Long usageBytes, @Nullable Long workingSetBytes) {
    return new MemoryStats(time, null, usageBytes, workingSetBytes, null, null, null, null, null);
  }
}
