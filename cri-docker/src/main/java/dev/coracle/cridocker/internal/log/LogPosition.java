package dev.coracle.cridocker.internal.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * How far a log is written: up to the time of its last line, and how many lines have that time,
 * since the parts of a long line share one. Immutable.
 *
 * @param last the epoch's begin before anything is written
 */
record LogPosition(Instant last, int lines) {

  /** Enough for the parts of a line of a megabyte. */
  private static final int TAIL = 1 << 20;

  /**
   * Where to go on with a file that an earlier run may have begun. One that is empty but was made
   * in place of an older one goes on with what was said since then.
   */
  static LogPosition of(Path file) throws IOException {
    if (!Files.exists(file)) {
      return new LogPosition(Instant.EPOCH, 0);
    }
    if (Files.size(file) == 0) {
      return new LogPosition(
          wasRotated(file) ? Files.getLastModifiedTime(file).toInstant() : Instant.EPOCH, 0);
    }
    LogPosition found = new LogPosition(Instant.EPOCH, 0);
    for (String line : tail(file).split("\n")) {
      int space = line.indexOf(' ');
      try {
        found = found.after(Instant.parse(line.substring(0, Math.max(0, space))));
      } catch (DateTimeParseException e) {
        // The first line of the tail, which may begin anywhere.
      }
    }
    return found;
  }

  private static boolean wasRotated(Path file) throws IOException {
    Path directory = file.getParent();
    if (directory == null) {
      return false;
    }
    try (var siblings =
        Files.newDirectoryStream(directory, p -> p.toString().startsWith(file + "."))) {
      return siblings.iterator().hasNext();
    }
  }

  private static String tail(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long from = Math.max(0, channel.size() - TAIL);
      ByteBuffer bytes = ByteBuffer.allocate((int) (channel.size() - from));
      while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
        // Until it is full, or the file has become shorter.
      }
      return new String(bytes.array(), 0, bytes.position(), StandardCharsets.ISO_8859_1);
    }
  }

  LogPosition after(Instant time) {
    return time.equals(last) ? new LogPosition(last, lines + 1) : new LogPosition(time, 1);
  }

  /** For Docker's {@code since}, which includes that time itself. */
  String since() {
    return "%d.%09d".formatted(last.getEpochSecond(), last.getNano());
  }

  Skip skip() {
    return new Skip(this);
  }

  /** Which of the lines that come again are written already. */
  static final class Skip {
    private final Instant last;
    private int left;

    private Skip(LogPosition position) {
      this.last = position.last();
      this.left = position.lines();
    }

    boolean covers(Instant time) {
      if (time.isBefore(last)) {
        return true;
      }
      return time.equals(last) && left-- > 0;
    }
  }
}
