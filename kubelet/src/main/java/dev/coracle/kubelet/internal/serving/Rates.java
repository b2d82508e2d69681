package dev.coracle.kubelet.internal.serving;

import dev.coracle.kubelet.server.stats.CpuStats;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How fast CPU time is used, from one question to the next. Thread-safe. */
final class Rates {
  private static final int MOST = 10_000;

  /** CPU time at a time. */
  private record Sample(long time, long nanos) {}

  private final Map<String, Sample> samples = new ConcurrentHashMap<>();

  /**
   * @param of whose it is
   * @param nanos CPU time used up to now
   */
  CpuStats cpu(String of, Instant now, long nanos) {
    return new CpuStats(now, rate(of, now, nanos), nanos);
  }

  /** Billionths of a core since the question before; null the first time. */
  @Nullable Long rate(String of, Instant now, long nanos) {
    long time = now.toEpochMilli();
    Sample before = samples.put(of, new Sample(time, nanos));
    if (samples.size() > MOST) {
      samples.clear();
    }
    return before == null || time <= before.time || nanos < before.nanos
        ? null
        : (nanos - before.nanos) * 1000 / (time - before.time);
  }
}
