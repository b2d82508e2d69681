package dev.coracle.logs.internal.collect;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Reads one log file on from where it was read last, line by line. A file that was rotated away is
 * read to its end through its open handle before the new one of its name is opened. Belongs to the
 * collector's thread.
 */
final class LogTail implements AutoCloseable {

  private static final int LONGEST_LINE = 256 * 1024;

  /** Takes whole lines. */
  @FunctionalInterface
  interface Lines {
    void accept(CriLine line) throws IOException;
  }

  private final Path file;
  private final Lines lines;
  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

  /** Of a long line that came in parts; those of the two outputs may stand in turns. */
  private final StringBuilder partialOut = new StringBuilder();

  private final StringBuilder partialErr = new StringBuilder();
  private @Nullable FileChannel channel;
  private Object identity = "";
  private long offset;

  /** Where the line begins of which the end is not there yet. */
  private long begun;

  /**
   * @param identity of the file that was read before, as {@link #identity} gave it
   * @param offset how far
   */
  LogTail(Path file, String identity, long offset, Lines lines) {
    this.file = file;
    this.identity = identity;
    this.offset = offset;
    this.begun = offset;
    this.lines = lines;
  }

  /** Which file it is, whatever it is called by now. */
  String identity() {
    return identity.toString();
  }

  /** Up to which byte whole lines were read. */
  long offset() {
    return begun;
  }

  /** Takes everything that is there; what is written meanwhile is announced again. */
  void read(ByteBuffer buffer) throws IOException {
    FileChannel open = channel;
    if (open != null) {
      drain(open, buffer);
    }
    Object now;
    try {
      now = Files.readAttributes(file, java.nio.file.attribute.BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return; // Rotated away; the next one is announced when it is there.
    }
    if (open != null && String.valueOf(now).equals(identity())) {
      return;
    }
    if (open != null) {
      drain(open, buffer); // Its last lines, written before the next file was there.
    }
    close();
    FileChannel next = FileChannel.open(file, StandardOpenOption.READ);
    if (!String.valueOf(now).equals(identity()) || next.size() < offset) {
      offset = 0;
      begun = 0;
      rest.reset();
      partialOut.setLength(0);
      partialErr.setLength(0);
    }
    identity = String.valueOf(now);
    channel = next;
    drain(next, buffer);
  }

  private void drain(FileChannel from, ByteBuffer buffer) throws IOException {
    long end = from.size();
    while (offset < end) {
      int n = from.read(buffer.clear(), offset);
      if (n <= 0) {
        return;
      }
      offset += n;
      byte[] bytes = buffer.array();
      int begin = 0;
      for (int i = 0; i < n; i++) {
        if (bytes[i] == '\n') {
          rest.write(bytes, begin, i - begin);
          line(rest.toString(StandardCharsets.UTF_8));
          rest.reset();
          begin = i + 1;
          begun = offset - n + begin;
        }
      }
      // What is longer than any line may be is cut.
      rest.write(bytes, begin, Math.min(n - begin, Math.max(0, LONGEST_LINE - rest.size())));
    }
  }

  private void line(String text) throws IOException {
    CriLine line = CriLine.parse(text).orElse(null);
    if (line == null) {
      return;
    }
    StringBuilder partial = line.output().equals("stderr") ? partialErr : partialOut;
    if (partial.length() + line.message().length() < LONGEST_LINE) {
      partial.append(line.message());
    }
    if (!line.partial()) {
      lines.accept(new CriLine(line.time(), line.output(), false, partial.toString()));
      partial.setLength(0);
    }
  }

  @Override
  public void close() throws IOException {
    if (channel != null) {
      channel.close();
      channel = null;
    }
  }
}
