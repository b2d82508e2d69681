package dev.coracle.apiserver.internal.crd;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.stream.LongStream;

/**
 * How long the rules in CEL of custom resources take, under upstream's names and in its buckets:
 * all rules of a definition's version to be compiled, and all that one object is held to.
 */
public record RuleMeters(Timer compilation, Timer evaluation) {

  private static final Duration[] BUCKETS =
      LongStream.of(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  public static RuleMeters of(MeterRegistry registry) {
    return new RuleMeters(
        timer(
            registry, "apiserver_cel_compilation_duration_seconds", "Time to compile rules in CEL"),
        timer(
            registry,
            "apiserver_cel_evaluation_duration_seconds",
            "Time to evaluate rules in CEL"));
  }

  private static Timer timer(MeterRegistry registry, String name, String description) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}
