package dev.coracle.kubelet.server.internal.logs;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;

/**
 * Turns bytes of a CRI log file into what the client sees: joins partial lines, filters by time and
 * stream, adds timestamps and stops at the byte limit. Remembers an unfinished physical line
 * between calls. Used by one thread.
 */
final class LogFormatter {
  /** Runtimes cut lines at 16 KiB; a longer one is no CRI log and is dropped up to its newline. */
  private static final int MAX_LINE = 1 << 20;

  private static final int CHUNK = 32 * 1024;

  private final LogOptions options;
  private final LogSink sink;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private long left;
  private boolean startOfLine = true;
  private boolean dropping;
  private boolean sinceReached;

  LogFormatter(LogOptions options, LogSink sink) {
    this.options = options;
    this.sink = sink;
    this.left = options.limitBytes() == null ? Long.MAX_VALUE : options.limitBytes();
    this.sinceReached = options.since() == null;
  }

  /** Whether the byte limit is reached. */
  boolean full() {
    return left <= 0;
  }

  /** Takes the next bytes of the file. */
  void accept(byte[] bytes, int length) throws IOException, InterruptedException {
    int from = 0;
    for (int i = 0; i < length && !full(); i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      if (dropping) {
        dropping = false;
      } else if (line.size() == 0) {
        emit(bytes, from, i);
      } else {
        line.write(bytes, from, i - from);
        emit(line.toByteArray(), 0, line.size());
      }
      line.reset();
      from = i + 1;
    }
    if (!full() && !dropping && from < length) {
      line.write(bytes, from, length - from);
      if (line.size() > MAX_LINE) {
        line.reset();
        dropping = true;
      }
    }
  }

  /** The file ended for good: what is left of a line without newline is shown if it parses. */
  void endOfFile() throws IOException, InterruptedException {
    if (line.size() > 0 && !full()) {
      emit(line.toByteArray(), 0, line.size());
    }
    line.reset();
    dropping = false;
  }

  /** Hands everything formatted so far to the sink. */
  void flush() throws IOException, InterruptedException {
    if (out.size() > 0) {
      sink.write(out.toByteArray());
      out.reset();
    }
  }

  private void emit(byte[] bytes, int from, int to) throws IOException, InterruptedException {
    CriLogLine parsed = CriLogLine.parse(bytes, from, to).orElse(null);
    if (parsed == null || !wanted(parsed)) {
      return;
    }
    if (!sinceReached) {
      Instant since = options.since();
      if (since != null && parsed.instant().map(t -> t.isBefore(since)).orElse(false)) {
        return;
      }
      sinceReached = true;
    }
    if (options.timestamps() && startOfLine) {
      put((parsed.fixedTime() + ' ').getBytes(US_ASCII), 0, -1);
    }
    put(bytes, parsed.content(), to);
    if (!parsed.partial()) {
      put(new byte[] {'\n'}, 0, 1);
    }
    startOfLine = !parsed.partial();
    if (out.size() >= CHUNK || full()) {
      flush();
    }
  }

  private boolean wanted(CriLogLine parsed) {
    return switch (options.streams()) {
      case ALL -> true;
      case STDOUT -> !parsed.stderr();
      case STDERR -> parsed.stderr();
    };
  }

  private void put(byte[] bytes, int from, int to) {
    int length = (int) Math.min(left, (to < 0 ? bytes.length : to) - from);
    out.write(bytes, from, length);
    left -= length;
  }
}
