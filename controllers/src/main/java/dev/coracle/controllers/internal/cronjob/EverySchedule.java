package dev.coracle.controllers.internal.cronjob;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code @every} and a duration of Go: so long after the last time, which need not lie at a whole
 * minute. The delay has whole seconds, and at least one.
 */
record EverySchedule(Duration delay) implements Schedule {

  static final String PREFIX = "@every ";

  private static final Pattern AMOUNT =
      Pattern.compile("([0-9]+\\.?[0-9]*|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)");
  private static final Map<String, Long> NANOS =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "µs", 1_000L,
          "μs", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L);
  private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  /**
   * @throws IllegalArgumentException saying what is wrong
   */
  static EverySchedule parse(String text) {
    String amounts = text.substring(PREFIX.length());
    boolean negative = amounts.startsWith("-");
    String rest = negative || amounts.startsWith("+") ? amounts.substring(1) : amounts;
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher matcher = AMOUNT.matcher(rest);
    int at = 0;
    while (at < rest.length() && !rest.equals("0")) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw new IllegalArgumentException("failed to parse duration " + text);
      }
      long unit = NANOS.getOrDefault(matcher.group(2), 0L);
      nanos = nanos.add(new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit)));
      at = matcher.end();
    }
    if (rest.isEmpty() || nanos.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("failed to parse duration " + text);
    }
    long seconds = negative ? 0 : nanos.longValue() / 1_000_000_000L;
    return new EverySchedule(Duration.ofSeconds(Math.max(1, seconds)));
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
