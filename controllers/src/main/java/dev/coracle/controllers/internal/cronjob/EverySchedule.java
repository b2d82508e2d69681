package dev.coracle.controllers.internal.cronjob;

import dev.coracle.api.GoDuration;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * {@code @every} and a duration of Go: so long after the last time, which need not lie at a whole
 * minute. The delay has whole seconds, and at least one.
 */
record EverySchedule(Duration delay) implements Schedule {

  static final String PREFIX = "@every ";

  /**
   * @throws IllegalArgumentException saying what is wrong
   */
  static EverySchedule parse(String text) {
    String amounts = text.substring(PREFIX.length());
    Duration delay;
    try {
      delay = GoDuration.parse(amounts);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("failed to parse duration " + text, e);
    }
    return new EverySchedule(Duration.ofSeconds(Math.max(1, delay.getSeconds())));
  }

  @Override
  public Optional<Instant> upcoming(Instant since, Instant now) {
    return Optional.of(after(since, Math.max(0, times(since, now)) + 1));
  }

  @Override
  public Passed passed(Instant since, Instant counted, Instant now) {
    long times = times(since, now);
    if (times < 1) {
      return new Passed(Optional.empty(), false);
    }
    return new Passed(
        Optional.of(after(since, times)),
        Duration.between(counted, now).dividedBy(delay) > CronSchedule.MANY_MISSED);
  }

  private long times(Instant since, Instant now) {
    return Duration.between(since.truncatedTo(ChronoUnit.SECONDS), now).dividedBy(delay);
  }

  private Instant after(Instant since, long times) {
    return since.truncatedTo(ChronoUnit.SECONDS).plus(delay.multipliedBy(times));
  }
}
