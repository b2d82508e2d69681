package dev.coracle.controllers.internal;

import java.math.BigDecimal;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go writes them: {@code 1h30m}, {@code 1m0.5s}. */
public final class GoDuration {

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

  private GoDuration() {}

  /**
   * @param text without a sign
   * @return in nanoseconds
   * @throws IllegalArgumentException for what is no duration, or too long
   */
  public static long nanos(String text) {
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher matcher = AMOUNT.matcher(text);
    int at = 0;
    while (at < text.length() && !text.equals("0")) {
      if (!matcher.find(at) || matcher.start() != at) {
        throw new IllegalArgumentException("failed to parse duration " + text);
      }
      long unit = NANOS.getOrDefault(matcher.group(2), 0L);
      nanos = nanos.add(new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit)));
      at = matcher.end();
    }
    if (text.isEmpty() || nanos.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("failed to parse duration " + text);
    }
    return nanos.longValue();
  }
}
