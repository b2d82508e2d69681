package dev.coracle.apiserver.internal.admission;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How long admission takes, under upstream's names: each step as a whole, and each plugin that had
 * something to ask or refused. What answers at once and allows is not timed by itself.
 */
public final class AdmissionMeters {

  private static final Duration[] BUCKETS = {
    Duration.ofMillis(5),
    Duration.ofMillis(25),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofMillis(2500)
  };

  /** The turn of a plugin: it changes the object, or looks at it. */
  enum Step {
    ADMIT,
    VALIDATE;

    private final String text = name().toLowerCase(Locale.ROOT);
  }

  /**
   * @param plugin empty for the step as a whole
   */
  private record Key(
      String plugin, Step step, AdmissionRequest.Operation operation, boolean rejected) {}

  private final MeterRegistry registry;
  private final Map<Key, Timer> timers = new ConcurrentHashMap<>();

  public AdmissionMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void took(Step step, AdmissionRequest.Operation operation, boolean rejected, long since) {
    record(new Key("", step, operation, rejected), since);
  }

  void took(
      AdmissionPlugin plugin,
      Step step,
      AdmissionRequest.Operation operation,
      boolean rejected,
      long since) {
    record(new Key(plugin.name(), step, operation, rejected), since);
  }

  private void record(Key key, long since) {
    timers
        .computeIfAbsent(key, this::timer)
        .record(System.nanoTime() - since, TimeUnit.NANOSECONDS);
  }

  private Timer timer(Key key) {
    boolean whole = key.plugin.isEmpty();
    Tags tags =
        Tags.of("type", key.step.text, "operation", key.operation.name())
            .and("rejected", Boolean.toString(key.rejected));
    return Timer.builder(
            whole
                ? "apiserver_admission_step_admission_duration_seconds"
                : "apiserver_admission_controller_admission_duration_seconds")
        .description(
            whole ? "Time all of a step of admission took" : "Time a plugin of admission took")
        .tags(whole ? tags : tags.and("name", key.plugin))
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }
}
