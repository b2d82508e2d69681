package dev.coracle.apiserver.internal.authn;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Of attempts that end alike, how many there were and how long they took. */
public record Attempts(Counter count, Timer time) {

  private static final Duration[] TIMES =
      IntStream.range(0, 15).mapToObj(i -> Duration.ofMillis(1L << i)).toArray(Duration[]::new);

  /**
   * @param what upstream's name for it: {@code authentication} or {@code authorization}
   */
  public static Attempts of(MeterRegistry registry, String what, String help, String result) {
    return new Attempts(
        registry.counter(what + "_attempts", "result", result),
        Timer.builder(what + "_duration_seconds")
            .description(help)
            .tag("result", result)
            .serviceLevelObjectives(TIMES)
            .register(registry));
  }

  /**
   * @param since when it began, in nanoseconds
   */
  public void add(long since) {
    count.increment();
    time.record(System.nanoTime() - since, TimeUnit.NANOSECONDS);
  }
}
