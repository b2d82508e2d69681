package dev.coracle.kubelet.server.internal.http;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One part of a file, by RFC 9110, section 14.
 *
 * @param last inclusive
 */
record ByteRange(long from, long last) {
  private static final Pattern FORM = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** Empty for all of it: without a header, for several ranges, and for one that makes no sense. */
  static Optional<ByteRange> of(@Nullable String header, long size) {
    Matcher m = FORM.matcher(header == null ? "" : header);
    if (!m.matches() || m.group(1).isEmpty() && m.group(2).isEmpty()) {
      return Optional.empty();
    }
    long end = m.group(2).isEmpty() ? size - 1 : Long.parseLong(m.group(2));
    ByteRange range =
        m.group(1).isEmpty()
            ? new ByteRange(Math.max(0, size - end), size - 1)
            : new ByteRange(Long.parseLong(m.group(1)), Math.min(end, size - 1));
    return range.from <= range.last ? Optional.of(range) : Optional.empty();
  }
}
