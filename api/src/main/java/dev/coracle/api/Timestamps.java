package dev.coracle.api;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Kubernetes' two time formats: {@code Time} in whole seconds and {@code MicroTime}, both UTC (RFC
 * 3339).
 */
public final class Timestamps {

  private static final DateTimeFormatter MICRO =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Timestamps() {}

  /** {@code 2026-03-01T12:00:00Z}. */
  public static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** {@code 2026-03-01T12:00:00.000001Z}. */
  public static String microTime(Instant instant) {
    return MICRO.format(instant);
  }

  /** Either format, with any offset; null for anything else. */
  public static @Nullable Instant parse(String text) {
    try {
      return text.isEmpty() ? null : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
