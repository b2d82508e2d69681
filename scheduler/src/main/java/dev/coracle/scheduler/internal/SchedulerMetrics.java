package dev.coracle.scheduler.internal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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

  private record Result(Counter attempts, Timer duration) {}

  private final MeterRegistry registry;
  private final String profile;
  private final Counter preemptions;
  private final DistributionSummary victims;
  private final DistributionSummary attemptsOfPods;
  private final Timer deciding;
  private final Counter afterFlush;

  /** By what came of an attempt. */
  private final Map<String, Result> results = new ConcurrentHashMap<>();

  /** By attempts. */
  private final Map<Integer, Timer> pods = new ConcurrentHashMap<>();

  public SchedulerMetrics(MeterRegistry registry, String profile) {
    this.registry = registry;
    this.profile = profile;
    this.preemptions = registry.counter("scheduler_preemption_attempts_total");
    this.victims =
        DistributionSummary.builder("scheduler_preemption_victims")
            .serviceLevelObjectives(1, 2, 4, 8, 16, 32, 64)
            .register(registry);
    this.attemptsOfPods =
        DistributionSummary.builder("scheduler_pod_scheduling_attempts")
            .serviceLevelObjectives(1, 2, 4, 8, 16)
            .register(registry);
    this.afterFlush = registry.counter("scheduler_pod_scheduled_after_flush_total");
    this.deciding =
        Timer.builder("scheduler_scheduling_algorithm_duration")
            .serviceLevelObjectives(OF_ATTEMPTS)
            .register(registry);
  }

  /**
   * @param result {@code scheduled}, {@code unschedulable} or {@code error}
   */
  public void attempt(String result, long nanos) {
    Result of = results.computeIfAbsent(result, this::result);
    of.attempts.increment();
    of.duration.record(nanos, TimeUnit.NANOSECONDS);
  }

  private Result result(String result) {
    return new Result(
        registry.counter("scheduler_schedule_attempts_total", "profile", profile, "result", result),
        Timer.builder("scheduler_scheduling_attempt_duration")
            .tags("profile", profile, "result", result)
            .serviceLevelObjectives(OF_ATTEMPTS)
            .register(registry));
  }

  /** The deciding alone, without binding. */
  public void decided(long nanos) {
    deciding.record(nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * A pod was bound.
   *
   * @param nanos since it could first be tried: as long as it is gated it does not wait for the
   *     scheduler
   * @param flushed whether no event had woken it, which one should have
   */
  public void scheduled(int attempts, long nanos, boolean flushed) {
    if (flushed) {
      afterFlush.increment();
    }
    pods.computeIfAbsent(Math.min(attempts, MOST_ATTEMPTS), this::pods)
        .record(nanos, TimeUnit.NANOSECONDS);
    attemptsOfPods.record(attempts);
  }

  private Timer pods(int attempts) {
    return Timer.builder("scheduler_pod_scheduling_sli_duration")
        .tag("attempts", attempts + (attempts == MOST_ATTEMPTS ? "+" : ""))
        .serviceLevelObjectives(OF_PODS)
        .register(registry);
  }

  /** It was looked for pods to preempt, whatever came of it. */
  public void preemptionTried() {
    preemptions.increment();
  }

  public void preempted(int count) {
    victims.record(count);
  }

  /** All that is to go for a pod has been asked to, or some of it could not be. */
  void evicted(boolean failed, long nanos) {
    String result = failed ? "error" : "success";
    registry
        .counter("scheduler_preemption_goroutines_execution_total", "result", result)
        .increment();
    Timer.builder("scheduler_preemption_goroutines_duration")
        .tag("result", result)
        .serviceLevelObjectives(OF_PODS)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
