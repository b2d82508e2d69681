package dev.coracle.api;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Go's spelling of durations: {@code 1h30m}, {@code 1.5s}, {@code 300ms}. */
public final class GoDuration {

  /** A number, and what follows up to the next: its unit. */
  private static final Pattern PART = Pattern.compile("([0-9]*)(\\.?)([0-9]*)([^0-9.]*)");

  private static final BigDecimal LONGEST = BigDecimal.valueOf(Long.MAX_VALUE);

  /** How many digits after the point count: fewer than a nanosecond's part of an hour are none. */
  private static final int FRACTION = 18;

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

  private GoDuration() {}

  /**
   * @throws IllegalArgumentException for what is no duration or longer than 292 years, with Go's
   *     words for it
   */
  public static Duration parse(String text) {
    boolean negative = text.startsWith("-");
    String body = negative || text.startsWith("+") ? text.substring(1) : text;
    if (body.equals("0")) {
      return Duration.ZERO;
    }
    BigDecimal nanos = BigDecimal.ZERO;
    Matcher part = PART.matcher(body);
    int at = 0;
    do {
      boolean any = part.find(at) && part.start() == at;
      if (!any || (part.group(1).isEmpty() && part.group(3).isEmpty())) {
        throw wrong("invalid duration", text);
      }
      nanos = nanos.add(amount(part, text));
      if (nanos.compareTo(LONGEST) > 0) {
        throw wrong("invalid duration", text);
      }
      at = part.end();
    } while (at < body.length());
    return Duration.ofNanos(negative ? -nanos.longValue() : nanos.longValue());
  }

  private static BigDecimal amount(Matcher part, String text) {
    String unit = part.group(4);
    if (unit.isEmpty()) {
      throw wrong("missing unit in duration", text);
    }
    Long nanos = NANOS.get(unit);
    if (nanos == null) {
      throw wrong("unknown unit \"" + unit + "\" in duration", text);
    }
    String fraction = part.group(3).substring(0, Math.min(part.group(3).length(), FRACTION));
    return new BigDecimal(whole(part.group(1), text) + "." + fraction + "0")
        .multiply(BigDecimal.valueOf(nanos));
  }

  /** Without leading zeros, and no longer than what can be a duration: many digits take long. */
  private static String whole(String digits, String text) {
    int zeros = 0;
    while (zeros < digits.length() && digits.charAt(zeros) == '0') {
      zeros++;
    }
    if (digits.length() - zeros > LONGEST.precision()) {
      throw wrong("invalid duration", text);
    }
    return digits.substring(zeros);
  }

  private static IllegalArgumentException wrong(String what, String text) {
    return new IllegalArgumentException("time: " + what + " \"" + text + "\"");
  }

  public static String print(Duration d) {
    return d.getNano() == 0
        ? d.getSeconds() + "s"
        : BigDecimal.valueOf(d.toNanos(), 9).stripTrailingZeros().toPlainString() + "s";
  }
}
