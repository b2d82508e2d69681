package dev.coracle.cridocker.internal.log;

import dev.coracle.cridocker.internal.engine.Frames;
import dev.coracle.criruntime.log.CriLogWriter;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads Docker's logs with times. Each message is {@code time text}, and the text ends in a line
 * feed unless it is part of a line. Without a terminal a message is a frame. With one there are no
 * frames; but Docker splits lines at 16 KiB and nowhere else, which tells where the next time
 * stands.
 */
final class LogLines {
  private static final int MAX_TIME = 40;
  private static final int MAX_MESSAGE = 1 << 20;

  /**
   * A line or a part of one.
   *
   * @param text without the line feed
   * @param whole whether the line ends with it
   */
  record Line(boolean error, Instant time, byte[] text, boolean whole) {}

  private final InputStream in;
  private final boolean terminal;
  private final Frames frames;

  LogLines(InputStream in, boolean terminal) {
    this.in = terminal ? new BufferedInputStream(in) : in;
    this.terminal = terminal;
    this.frames = new Frames(in, terminal);
  }

  /** Null at the end. */
  @Nullable Line next() throws IOException {
    return terminal ? ofTerminal() : ofFrame();
  }

  private @Nullable Line ofFrame() throws IOException {
    Frames.Frame frame = frames.whole(MAX_MESSAGE);
    if (frame == null) {
      return null;
    }
    byte[] bytes = frame.bytes();
    int space = 0;
    while (space < bytes.length && bytes[space] != ' ') {
      space++;
    }
    Instant time = time(Arrays.copyOf(bytes, space));
    boolean whole = bytes.length > 0 && bytes[bytes.length - 1] == '\n';
    int from = Math.min(space + 1, bytes.length);
    return new Line(
        frame.error(),
        time,
        Arrays.copyOfRange(bytes, from, Math.max(from, whole ? bytes.length - 1 : bytes.length)),
        whole);
  }

  private @Nullable Line ofTerminal() throws IOException {
    ByteArrayOutputStream stamp = new ByteArrayOutputStream();
    for (int b = in.read(); b != ' '; b = in.read()) {
      if (b < 0) {
        return null;
      }
      stamp.write(b);
      if (stamp.size() > MAX_TIME) {
        throw new IOException("Docker's log has no time where one should be");
      }
    }
    Instant time = time(stamp.toByteArray());
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    while (text.size() < CriLogWriter.MAX_LINE) {
      int b = in.read();
      if (b < 0 || b == '\n') {
        return new Line(false, time, text.toByteArray(), b == '\n');
      }
      text.write(b);
    }
    return new Line(false, time, text.toByteArray(), false);
  }

  private static Instant time(byte[] stamp) throws IOException {
    String text = new String(stamp, StandardCharsets.US_ASCII);
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IOException("Docker's log has \"" + text + "\" where a time should be", e);
    }
  }
}
