package dev.coracle.cel;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Go's spelling of durations: {@code 1h30m}, {@code 1.5s}, {@code 300ms}. */
public final class GoDuration {

  private static final Pattern PART =
      Pattern.compile("(\\d+(?:\\.\\d*)?|\\.\\d+)(ns|us|µs|ms|s|m|h)");

  private GoDuration() {}

  public static Duration parse(String text) {
    String body = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    if (body.equals("0")) {
      return Duration.ZERO;
    }
    Matcher m = PART.matcher(body);
    int at = 0;
    double nanos = 0;
    while (m.find() && m.start() == at) {
      double unit =
          switch (m.group(2)) {
            case "ns" -> 1;
            case "us", "µs" -> 1e3;
            case "ms" -> 1e6;
            case "s" -> 1e9;
            case "m" -> 60e9;
            default -> 3600e9;
          };
      nanos += Double.parseDouble(m.group(1)) * unit;
      at = m.end();
    }
    if (at != body.length() || body.isEmpty() || nanos > Long.MAX_VALUE) {
      throw new IllegalArgumentException("time: invalid duration \"" + text + "\"");
    }
    long whole = Math.round(nanos);
    return Duration.ofNanos(text.startsWith("-") ? -whole : whole);
  }

  static String print(Duration d) {
    return d.getNano() == 0
        ? d.getSeconds() + "s"
        : java.math.BigDecimal.valueOf(d.toNanos(), 9).stripTrailingZeros().toPlainString() + "s";
  }
}
