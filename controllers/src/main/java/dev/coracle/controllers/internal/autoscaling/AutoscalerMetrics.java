package dev.coracle.controllers.internal.autoscaling;

import dev.coracle.api.NamespacedName;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Upstream's metrics of autoscalers, under its names, labels and buckets. Written on the
 * controllers' context; read from any thread.
 */
final class AutoscalerMetrics {

  private static final String PREFIX = "horizontal_pod_autoscaler_controller_";
  private static final String NONE = "none";

  /** From a millisecond on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 15).mapToObj(i -> Duration.ofMillis(1L << i)).toArray(Duration[]::new);

  private record Wanted(AtomicLong size, Gauge gauge) {}

  private final MeterRegistry registry;
  private final AtomicLong number = new AtomicLong();
  private final Map<NamespacedName, Wanted> wanted = new HashMap<>();

  /** What the reconciliations that go on have done so far. */
  private final Map<NamespacedName, String> actions = new HashMap<>();

  private final Map<NamespacedName, String> errors = new HashMap<>();

  AutoscalerMetrics(MeterRegistry registry) {
    this.registry = registry;
    Gauge.builder(PREFIX + "num_horizontal_pod_autoscalers", number, AtomicLong::get)
        .description("Current number of controlled HPA objects.")
        .strongReference(true)
        .register(registry);
  }

  void appeared() {
    number.incrementAndGet();
  }

  void gone(NamespacedName scaler) {
    number.decrementAndGet();
    Wanted last = wanted.remove(scaler);
    if (last != null) {
      registry.remove(last.gauge());
    }
  }

  void scaled(NamespacedName scaler, int change) {
    actions.put(scaler, change > 0 ? "scale_up" : "scale_down");
  }

  void failed(NamespacedName scaler) {
    errors.put(scaler, "internal");
  }

  /**
   * What one metric asks for is known, or that it cannot be had.
   *
   * @param size the target's now
   * @param nanos how long the figures were waited for
   */
  void computed(String metricType, Outcome outcome, int size, long nanos) {
    String action =
        switch (outcome) {
          case Outcome.Missing _ -> NONE;
          case Outcome.Value value ->
              value.replicas() > size ? "scale_up" : value.replicas() < size ? "scale_down" : NONE;
        };
    String error =
        switch (outcome) {
          case Outcome.Missing none ->
              none.reason().equals(Outcome.Missing.NO_SUCH_TYPE) ? "spec" : "internal";
          case Outcome.Value _ -> NONE;
        };
    Tags tags = Tags.of("action", action, "error", error, "metric_type", metricType);
    registry.counter(PREFIX + "metric_computation_total", tags).increment();
    Timer.builder(PREFIX + "metric_computation_duration_seconds")
        .description("Time that it took to compute what one metric of an autoscaler asks for")
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }

  void reconciled(NamespacedName scaler, Duration took) {
    String action = actions.remove(scaler);
    String error = errors.remove(scaler);
    Tags tags =
        Tags.of("action", action == null ? NONE : action, "error", error == null ? NONE : error);
    registry.counter(PREFIX + "reconciliations_total", tags).increment();
    Timer.builder(PREFIX + "reconciliation_duration_seconds")
        .description("Time a look at an autoscaler took")
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(took);
  }

  void wants(NamespacedName scaler, int size) {
    wanted.computeIfAbsent(scaler, this::wanted).size().set(size);
  }

  private Wanted wanted(NamespacedName scaler) {
    AtomicLong size = new AtomicLong();
    return new Wanted(
        size,
        Gauge.builder(PREFIX + "desired_replicas", size, AtomicLong::get)
            .description("Current desired replica count for HPA objects.")
            .tags("namespace", scaler.namespace(), "hpa_name", scaler.name())
            .register(registry));
  }
}
