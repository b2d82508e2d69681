package dev.coracle.scheduler.internal;

import dev.coracle.scheduler.internal.ExtensionPointTimes.Point;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Status;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * How long each plugin takes at an extension point, of filters node by node ({@code
 * scheduler_plugin_execution_duration_seconds}). One pod in ten is measured, the first one among
 * them, as to look at the clock takes longer than many a filter. Owned by the scheduler's context.
 */
public final class PluginTimes {

  private static final int ONE_IN = 10;

  /** From a hundredth of a millisecond, each half as long again as the one before. */
  public static final Duration[] BOUNDS =
      IntStream.range(0, 20)
          .mapToObj(i -> Duration.ofNanos(Math.round(10_000 * Math.pow(1.5, i))))
          .toArray(Duration[]::new);

  /** Measures one plugin at one extension point. */
  public final class Stopwatch {
    private final String plugin;
    private final Point point;
    private final Map<Status, Timer> timers = new EnumMap<>(Status.class);

    private Stopwatch(String plugin, Point point) {
      this.plugin = plugin;
      this.point = point;
    }

    /**
     * @param begun what {@link #now} was when it began
     */
    public void stop(Status status, long begun) {
      timers.computeIfAbsent(status, this::timer).record(now() - begun, TimeUnit.NANOSECONDS);
    }

    private Timer timer(Status status) {
      return Timer.builder("scheduler_plugin_execution_duration")
          .description("Duration for running a plugin at a specific extension point.")
          .tags("plugin", plugin, "extension_point", point.label(), "status", status.label())
          .serviceLevelObjectives(BOUNDS)
          .register(registry);
    }
  }

  private final MeterRegistry registry;
  private final LongSupplier nanoTime;
  private final Map<Point, Map<String, Stopwatch>> watches = new EnumMap<>(Point.class);
  private int pods;

  public PluginTimes(MeterRegistry registry, LongSupplier nanoTime) {
    this.registry = registry;
    this.nanoTime = nanoTime;
  }

  /** Whether the next pod is to be measured. */
  public boolean next() {
    boolean measured = pods == 0;
    pods = (pods + 1) % ONE_IN;
    return measured;
  }

  public long now() {
    return nanoTime.getAsLong();
  }

  public Stopwatch of(String plugin, Point point) {
    return watches
        .computeIfAbsent(point, _ -> new HashMap<>())
        .computeIfAbsent(plugin, _ -> new Stopwatch(plugin, point));
  }
}
