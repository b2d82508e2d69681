package dev.coracle.kubelet.server.internal.logs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * One physical line of a CRI log file: {@code TIMESTAMP STREAM TAGS CONTENT\n}, where the first tag
 * is P when the container's line goes on in the next physical line, F when it ends here.
 *
 * @param time RFC 3339 as written by the runtime
 * @param content offset of the content in {@code bytes}
 * @param end end of the content, the newline not included
 * @see <a
 *     href="https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md">CRI
 *     logging</a>
 */
@SuppressWarnings("ArrayRecordComponent") // a view of the reader's buffer, never compared
record CriLogLine(
    String time, boolean stderr, boolean partial, byte[] bytes, int content, int end) {
  private static final DateTimeFormatter NANOS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.nnnnnnnnnXXX", Locale.ROOT);

  /** Parses {@code bytes[from, to)}, without newline; empty when it is no such line. */
  static Optional<CriLogLine> parse(byte[] bytes, int from, int to) {
    int a = indexOf(bytes, from, to);
    int b = a < 0 ? -1 : indexOf(bytes, a + 1, to);
    if (b < 0) {
      return Optional.empty();
    }
    int c = indexOf(bytes, b + 1, to);
    int tagsEnd = c < 0 ? to : c;
    boolean stdout = equals(bytes, a + 1, b, "stdout");
    if (!stdout && !equals(bytes, a + 1, b, "stderr")) {
      return Optional.empty();
    }
    boolean partial =
        tagsEnd > b + 1 && bytes[b + 1] == 'P' && (tagsEnd == b + 2 || bytes[b + 2] == ':');
    String time = new String(bytes, from, a - from, US_ASCII);
    return Optional.of(new CriLogLine(time, !stdout, partial, bytes, c < 0 ? to : c + 1, to));
  }

  /** When it was written; empty when the timestamp is malformed. */
  Optional<Instant> instant() {
    try {
      return Optional.of(OffsetDateTime.parse(time).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The timestamp with all nine digits, as {@code logs --timestamps} shows it. */
  String fixedTime() {
    if (time.length() == 30 && time.endsWith("Z")) {
      return time;
    }
    return instant().map(i -> NANOS.format(i.atOffset(ZoneOffset.UTC))).orElse(time);
  }

  private static int indexOf(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == ' ') {
        return i;
      }
    }
    return -1;
  }

  private static boolean equals(byte[] bytes, int from, int to, String word) {
    if (to - from != word.length()) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[i] != word.charAt(i - from)) {
        return false;
      }
    }
    return true;
  }
}
