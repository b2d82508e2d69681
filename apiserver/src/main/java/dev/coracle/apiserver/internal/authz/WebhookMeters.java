package dev.coracle.apiserver.internal.authz;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What is counted of one authorization webhook, with upstream's names, labels and buckets. */
final class WebhookMeters {

  /** How a call ends. */
  enum Result {
    SUCCESS("success"),
    TIMEOUT("timeout"),
    ERROR("error");

    private final String word;

    Result(String word) {
      this.word = word;
    }
  }

  private static final String PREFIX = "apiserver_authorization_";

  private static final Duration[] CALLS =
      Stream.of(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
          .map(Duration::ofMillis)
          .toArray(Duration[]::new);

  private static final Duration[] CONDITIONS =
      Stream.of(1, 5, 10, 25, 100, 200, 250).map(Duration::ofMillis).toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final String name;
  private final Counter exclusions;
  private final Counter conditionErrors;
  private final Timer conditions;

  WebhookMeters(MeterRegistry registry, String name) {
    this.registry = registry;
    this.name = name;
    Tags tags = Tags.of("type", "Webhook", "name", name);
    this.exclusions =
        Counter.builder(PREFIX + "match_condition_exclusions_total")
            .description("How often a match condition kept a webhook from being asked")
            .tags(tags)
            .register(registry);
    this.conditionErrors =
        Counter.builder(PREFIX + "match_condition_evaluation_errors_total")
            .description("How often the match conditions of a webhook could not be evaluated")
            .tags(tags)
            .register(registry);
    this.conditions =
        Timer.builder(PREFIX + "match_condition_evaluation_seconds")
            .description("Time the match conditions of a webhook took")
            .tags(tags)
            .serviceLevelObjectives(CONDITIONS)
            .register(registry);
  }

  void conditions(long nanos) {
    conditions.record(nanos, TimeUnit.NANOSECONDS);
  }

  void excluded() {
    exclusions.increment();
  }

  void conditionsFailed() {
    conditionErrors.increment();
  }

  void asked(Result result, long nanos) {
    Tags tags = tags(result);
    registry.counter(PREFIX + "webhook_evaluations_total", tags).increment();
    Timer.builder(PREFIX + "webhook_duration_seconds")
        .description("Time an authorization webhook took to answer")
        .tags(tags)
        .serviceLevelObjectives(CALLS)
        .register(registry)
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** What it did not say is for others to say. */
  void failedOpen(Result result) {
    registry.counter(PREFIX + "webhook_evaluations_fail_open_total", tags(result)).increment();
  }

  private Tags tags(Result result) {
    return Tags.of("name", name, "result", result.word);
  }
}
