package dev.coracle.api;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' two time formats: {@code Time} in whole seconds and {@code MicroTime}, both UTC (RFC
 * 3339).
 */
public final class Timestamps {

  private static final String SECONDS = "0000-00-00T00:00:00Z";
  private static final String MICROS = "0000-00-00T00:00:00.000000Z";
  private static final int LAST_YEAR = 9999;

  private Timestamps() {}

  /** {@code 2026-03-01T12:00:00Z}. */
  public static String time(Instant instant) {
    LocalDateTime time = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), 0, ZoneOffset.UTC);
    return time.getYear() < 0 || time.getYear() > LAST_YEAR
        ? instant.truncatedTo(ChronoUnit.SECONDS).toString()
        : seconds(time).append('Z').toString();
  }

  /** {@code 2026-03-01T12:00:00.000001Z}. */
  public static String microTime(Instant instant) {
    LocalDateTime time = LocalDateTime.ofEpochSecond(instant.getEpochSecond(), 0, ZoneOffset.UTC);
    StringBuilder out = seconds(time).append('.');
    append(out, instant.getNano() / 1000, 100_000);
    return out.append('Z').toString();
  }

  private static StringBuilder seconds(LocalDateTime time) {
    StringBuilder out = new StringBuilder(27);
    append(out, time.getYear(), 1000);
    append(out.append('-'), time.getMonthValue(), 10);
    append(out.append('-'), time.getDayOfMonth(), 10);
    append(out.append('T'), time.getHour(), 10);
    append(out.append(':'), time.getMinute(), 10);
    append(out.append(':'), time.getSecond(), 10);
    return out;
  }

  /**
   * @param first the worth of the first digit
   */
  private static void append(StringBuilder out, int number, int first) {
    for (int unit = first; unit > 1 && number < unit; unit /= 10) {
      out.append('0');
    }
    out.append(number);
  }

  /** Either format, with any offset; null for anything else. */
  public static @Nullable Instant parse(String text) {
    try {
      if (is(SECONDS, text)) {
        return seconds(text, 0);
      }
      if (is(MICROS, text)) {
        return seconds(text, number(text, 20, 26) * 1000);
      }
      return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Instant seconds(String text, int nanos) {
    return LocalDateTime.of(
            number(text, 0, 4),
            number(text, 5, 7),
            number(text, 8, 10),
            number(text, 11, 13),
            number(text, 14, 16),
            number(text, 17, 19),
            nanos)
        .toInstant(ZoneOffset.UTC);
  }

  /** Whether it has this form; in these two nearly all times are written. */
  private static boolean is(String form, String text) {
    if (text.length() != form.length()) {
      return false;
    }
    for (int i = 0; i < form.length(); i++) {
      char wanted = form.charAt(i);
      char c = text.charAt(i);
      if (wanted == '0' ? c < '0' || c > '9' : c != wanted) {
        return false;
      }
    }
    return true;
  }

  private static int number(String text, int from, int to) {
    return Integer.parseInt(text, from, to, 10);
  }
}
