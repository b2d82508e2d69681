package dev.coracle.scheduler.internal.queue;

import dev.coracle.scheduler.internal.PluginTimes;
import dev.coracle.scheduler.spi.ClusterEvent;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/**
 * How long it takes to hear of events ({@code scheduler_event_handling_duration_seconds}), and
 * plugins to say whether one helps a pod ({@code
 * scheduler_queueing_hint_execution_duration_seconds}). Of the latter one in ten is measured, as
 * there may be ten thousand of them in an event. Owned by the scheduler's context.
 */
final class QueueTimes {

  private static final int ONE_IN = 10;

  /** From a tenth of a millisecond, doubled eleven times. */
  private static final Duration[] OF_EVENTS =
      IntStream.range(0, 12)
          .mapToObj(i -> Duration.ofNanos(100_000L << i))
          .toArray(Duration[]::new);

  private record Hint(String plugin, String event, boolean helps) {}

  private final MeterRegistry registry;
  private final Map<String, Timer> events = new HashMap<>();
  private final Map<Hint, Timer> hints = new HashMap<>();
  private int asked;

  QueueTimes(MeterRegistry registry) {
    this.registry = registry;
  }

  void handled(ClusterEvent event, long nanos) {
    events
        .computeIfAbsent(
            event.label(),
            label ->
                Timer.builder("scheduler_event_handling_duration")
                    .description("Event handling latency in seconds.")
                    .tag("event", label)
                    .serviceLevelObjectives(OF_EVENTS)
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** Whether the next answer of a plugin is to be measured. */
  boolean next() {
    boolean measured = asked == 0;
    asked = (asked + 1) % ONE_IN;
    return measured;
  }

  void answered(String plugin, ClusterEvent event, boolean helps, long nanos) {
    hints
        .computeIfAbsent(
            new Hint(plugin, event.label(), helps),
            hint ->
                Timer.builder("scheduler_queueing_hint_execution_duration")
                    .description("Duration for running a queueing hint function of a plugin.")
                    .tags(
                        "plugin",
                        hint.plugin(),
                        "event",
                        hint.event(),
                        "hint",
                        hint.helps() ? "Queue" : "QueueSkip")
                    .serviceLevelObjectives(PluginTimes.BOUNDS)
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }
}
