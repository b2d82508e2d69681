package dev.coracle.kubelet.server.internal.logs;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * PodLogOptions as they reach the kubelet.
 *
 * @param since lines before this are left out
 * @param tailLines start this many lines before the end, null for all
 * @param limitBytes stop after this many bytes of output, null for no limit
 */
public record LogOptions(
    boolean follow,
    boolean previous,
    boolean timestamps,
    @Nullable Instant since,
    @Nullable Long tailLines,
    @Nullable Long limitBytes,
    Streams streams) {

  /** Which of the container's output streams to show. */
  public enum Streams {
    ALL,
    STDOUT,
    STDERR
  }

  /**
   * Reads the options of a request.
   *
   * @param query answers a query parameter's first value or null
   * @throws IllegalArgumentException with what is wrong
   */
  public static LogOptions parse(Function<String, @Nullable String> query, Instant now) {
    Long sinceSeconds = number(query, "sinceSeconds", 1);
    String sinceTime = query.apply("sinceTime");
    Instant since = null;
    if (sinceSeconds != null) {
      // Before that there is nothing, however long ago it is.
      since = now.minusSeconds(Math.min(sinceSeconds, now.getEpochSecond()));
    }
    if (sinceTime != null && !sinceTime.isEmpty()) {
      if (since != null) {
        throw new IllegalArgumentException(
            "at most one of `sinceTime` or `sinceSeconds` may be specified");
      }
      try {
        since = OffsetDateTime.parse(sinceTime).toInstant();
      } catch (DateTimeException e) {
        throw new IllegalArgumentException("sinceTime: " + e.getMessage(), e);
      }
    }
    return new LogOptions(
        flag(query.apply("follow")),
        flag(query.apply("previous")),
        flag(query.apply("timestamps")),
        since,
        number(query, "tailLines", 0),
        number(query, "limitBytes", 1),
        streams(query.apply("stream")));
  }

  private static Streams streams(@Nullable String value) {
    return switch (value == null ? "" : value.toLowerCase(Locale.ROOT)) {
      case "", "all" -> Streams.ALL;
      case "stdout" -> Streams.STDOUT;
      case "stderr" -> Streams.STDERR;
      default ->
          throw new IllegalArgumentException("stream: supported values are All, Stdout, Stderr");
    };
  }

  private static @Nullable Long number(
      Function<String, @Nullable String> query, String name, long least) {
    String value = query.apply(name);
    // kubectl sends tailLines=-1 never, but older clients do for "all".
    if (value == null || value.isEmpty() || (name.equals("tailLines") && value.equals("-1"))) {
      return null;
    }
    try {
      long number = Long.parseLong(value);
      if (number < least) {
        throw new IllegalArgumentException(name + ": must be greater than or equal to " + least);
      }
      return number;
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": not a number: " + value, e);
    }
  }

  /**
   * A boolean query parameter as the API machinery reads it: present and neither "false" nor "0" is
   * true.
   */
  public static boolean flag(@Nullable String value) {
    return value != null
        && !value.equals("0")
        && !value.equalsIgnoreCase("false")
        && !value.isEmpty();
  }
}
