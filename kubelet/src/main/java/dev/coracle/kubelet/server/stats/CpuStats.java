package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * CPU usage at a time.
 *
 * @param usageNanoCores rate over the last sampling window, in billionths of a core
 * @param usageCoreNanoSeconds cumulative CPU time in nanoseconds
 */
public record CpuStats(
    Instant time, @Nullable Long usageNanoCores, @Nullable Long usageCoreNanoSeconds) {

  @Nullable Double usageSeconds() {
    return usageCoreNanoSeconds == null ? null : usageCoreNanoSeconds / 1e9;
  }
}
