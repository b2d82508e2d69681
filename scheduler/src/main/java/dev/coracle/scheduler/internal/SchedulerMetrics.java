package dev.coracle.scheduler.internal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** The scheduler's metrics, under upstream's names and with its buckets. */
public final class SchedulerMetrics {

  /** Pods that took more are counted as one kind, or each would be a series of its own. */
  private static final int MOST_ATTEMPTS = 15;

  private static final Duration[] OF_ATTEMPTS = doubling(1, 15);
  private static final Duration[] OF_PODS = doubling(10, 20);

  private static Duration[] doubling(long firstMillis, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Duration.ofMillis(firstMillis << i))
        .toArray(Duration[]::new);
  }

  private final MeterRegistry registry;
  private final String profile;
  private final Counter preemptions;
  private final DistributionSummary victims;

  public SchedulerMetrics(MeterRegistry registry, String profile) {
    this.registry = registry;
    this.profile = profile;
    this.preemptions = registry.counter("scheduler_preemption_attempts_total");
    this.victims =
        DistributionSummary.builder("scheduler_preemption_victims")
            .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
            .register(registry);
  }

  /**
   * @param result {@code scheduled}, {@code unschedulable} or {@code error}
   */
  public void attempt(String result, long nanos) {
    registry
        .counter("scheduler_schedule_attempts_total", "profile", profile, "result", result)
        .increment();
    Timer.builder("scheduler_scheduling_attempt_duration")
        .tag("profile", profile)
        .tag("result", result)
        .serviceLevelObjectives(OF_ATTEMPTS)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** The deciding alone, without binding. */
  public void decided(long nanos) {
    Timer.builder("scheduler_scheduling_algorithm_duration")
        .serviceLevelObjectives(OF_ATTEMPTS)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * A pod was bound.
   *
   * @param nanos since it could first be tried: as long as it is gated it does not wait for the
   *     scheduler
   */
  public void scheduled(int attempts, long nanos) {
    Timer.builder("scheduler_pod_scheduling_sli_duration")
        .tag(
            "attempts", attempts < MOST_ATTEMPTS ? Integer.toString(attempts) : MOST_ATTEMPTS + "+")
        .serviceLevelObjectives(OF_PODS)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
    DistributionSummary.builder("scheduler_pod_scheduling_attempts")
        .serviceLevelObjectives(1, 2, 4, 8, 16)
        .register(registry)
        .record(attempts);
  }

  public void preempted(int count) {
    preemptions.increment();
    victims.record(count);
  }
}
