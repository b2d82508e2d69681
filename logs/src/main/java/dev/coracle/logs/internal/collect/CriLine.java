package dev.coracle.logs.internal.collect;

import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * One line of a log file as CRI runtimes write it: {@code TIME STREAM TAG MESSAGE}, where the tag
 * is {@code F} or, for a part of a long line, {@code P}.
 *
 * @param time in UTC, nine digits after the second
 */
record CriLine(String time, String output, boolean partial, String message) {

  private static final DateTimeFormatter NANOS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", Locale.ROOT);

  /** Empty where it is none. */
  static Optional<CriLine> parse(String line) {
    int time = line.indexOf(' ');
    int output = time < 0 ? -1 : line.indexOf(' ', time + 1);
    if (output < 0) {
      return Optional.empty();
    }
    int tag = line.indexOf(' ', output + 1);
    String tags = line.substring(output + 1, tag < 0 ? line.length() : tag);
    try {
      String utc =
          NANOS.format(
              OffsetDateTime.parse(line.substring(0, time)).withOffsetSameInstant(ZoneOffset.UTC));
      return Optional.of(
          new CriLine(
              utc,
              line.substring(time + 1, output),
              tags.startsWith("P"),
              tag < 0 ? "" : line.substring(tag + 1)));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
