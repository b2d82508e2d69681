package dev.coracle.controllers.internal.pods;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.LongStream;

/** How many pods a controller of taints took, and how late, under upstream's names and buckets. */
public final class EvictionMetrics {

  /** From 5 ms to 4 minutes. */
  private static final Duration[] BUCKETS =
      LongStream.of(
              5, 25, 100, 500, 1_000, 2_500, 10_000, 30_000, 60_000, 120_000, 180_000, 240_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final Counter deletions;
  private final Timer delays;

  /**
   * @param controller as the metrics' names begin
   */
  public EvictionMetrics(MeterRegistry registry, String controller) {
    this.deletions = registry.counter(controller + "_pod_deletions_total");
    this.delays =
        Timer.builder(controller + "_pod_deletion_duration_seconds")
            .description("Time from when a pod was due to go until it was deleted")
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
  }

  public void deleted(Instant due, Instant now) {
    deletions.increment();
    delays.record(Duration.between(due, now));
  }
}
