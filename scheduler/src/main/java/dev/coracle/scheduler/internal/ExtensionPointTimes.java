package dev.coracle.scheduler.internal;

import dev.coracle.scheduler.spi.Verdict;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How long each extension point takes for a pod, all of its plugins together ({@code
 * scheduler_framework_extension_point_duration_seconds}). To record costs two looks at the clock
 * and allocates nothing. Safe for any thread.
 */
public final class ExtensionPointTimes {

  /** As upstream names them. */
  public enum Point {
    PRE_FILTER("PreFilter"),
    FILTER("Filter"),
    POST_FILTER("PostFilter"),
    SCORE("Score"),
    RESERVE("Reserve"),
    UNRESERVE("Unreserve"),
    PRE_BIND("PreBind"),
    BIND("Bind");

    private final String label;

    Point(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /** What came of it. */
  public enum Status {
    SUCCESS("Success"),
    ERROR("Error"),
    UNSCHEDULABLE("Unschedulable"),
    UNRESOLVABLE("UnschedulableAndUnresolvable");

    private final String label;

    Status(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    public static Status of(Verdict verdict) {
      return switch (verdict) {
        case Verdict.Ok _ -> SUCCESS;
        case Verdict.Unschedulable _ -> UNSCHEDULABLE;
        case Verdict.Unresolvable _ -> UNRESOLVABLE;
      };
    }
  }

  /** From a tenth of a millisecond, doubled eleven times. */
  private static final Duration[] BOUNDS =
      IntStream.range(0, 12)
          .mapToObj(i -> Duration.ofNanos(100_000L << i))
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final String profile;
  private final LongSupplier nanoTime;
  private final @Nullable Timer[][] timers =
      new @Nullable Timer[Point.values().length][Status.values().length];

  public ExtensionPointTimes(MeterRegistry registry, String profile, LongSupplier nanoTime) {
    this.registry = registry;
    this.profile = profile;
    this.nanoTime = nanoTime;
  }

  public long now() {
    return nanoTime.getAsLong();
  }

  /**
   * @param begun what {@link #now} was when it began
   */
  public void record(Point point, Status status, long begun) {
    @Nullable Timer[] ofPoint = timers[point.ordinal()];
    Timer timer = ofPoint[status.ordinal()];
    if (timer == null) {
      timer = timer(point, status); // The registry has one for each, whoever comes first.
      ofPoint[status.ordinal()] = timer;
    }
    timer.record(now() - begun, TimeUnit.NANOSECONDS);
  }

  private Timer timer(Point point, Status status) {
    return Timer.builder("scheduler_framework_extension_point_duration")
        .description("Latency for running all plugins of a specific extension point.")
        .tag("extension_point", point.label)
        .tag("status", status.label)
        .tag("profile", profile)
        .serviceLevelObjectives(BOUNDS)
        .register(registry);
  }
}
