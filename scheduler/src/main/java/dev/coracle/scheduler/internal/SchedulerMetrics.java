package dev.coracle.scheduler.internal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.TimeUnit;

/** The scheduler's metrics, under upstream's names. */
public final class SchedulerMetrics {

  private final MeterRegistry registry;
  private final String profile;
  private final Counter preemptions;
  private final DistributionSummary victims;

  public SchedulerMetrics(MeterRegistry registry, String profile) {
    this.registry = registry;
    this.profile = profile;
    this.preemptions = registry.counter("scheduler_preemption_attempts_total");
    this.victims = registry.summary("scheduler_preemption_victims");
  }

  /**
   * @param result {@code scheduled}, {@code unschedulable} or {@code error}
   */
  public void attempt(String result, long nanos) {
    registry
        .counter("scheduler_schedule_attempts_total", "profile", profile, "result", result)
        .increment();
    registry
        .timer("scheduler_scheduling_attempt_duration", "profile", profile, "result", result)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** The deciding alone, without binding. */
  public void decided(long nanos) {
    registry.timer("scheduler_scheduling_algorithm_duration").record(nanos, TimeUnit.NANOSECONDS);
  }

  /** From first seen to bound. */
  public void scheduled(int attempts, long nanos) {
    registry
        .timer("scheduler_pod_scheduling_sli_duration", "attempts", Integer.toString(attempts))
        .record(nanos, TimeUnit.NANOSECONDS);
    registry.summary("scheduler_pod_scheduling_attempts").record(attempts);
  }

  public void preempted(int count) {
    preemptions.increment();
    victims.record(count);
  }
}
