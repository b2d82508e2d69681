package dev.coracle.kubelet.server.internal.logs;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads one container's log to a sink, and follows it: the file may be rotated (renamed, a new one
 * created) or truncated meanwhile. Blocking; runs on a virtual thread of its own, woken by {@link
 * LogSignal}. Following ends when the container has ended and the file is read to its end.
 */
final class LogReader {
  private static final Logger LOG = LoggerFactory.getLogger(LogReader.class);

  /** Upper bound between two looks at a followed file, should an event be lost. */
  private static final long SAFETY_MILLIS = 10_000;

  private final Path path;
  private final LogOptions options;
  private final LogFormatter formatter;
  private final LogSignal signal;
  private final ByteBuffer block = ByteBuffer.allocate(32 * 1024);

  LogReader(Path path, LogOptions options, LogSink sink, LogSignal signal) {
    this.path = path;
    this.options = options;
    this.formatter = new LogFormatter(options, sink);
    this.signal = signal;
  }

  /**
   * Reads until the end, the limit, or cancellation. The watch on the directory must stand already
   * when following.
   */
  void run() throws IOException, InterruptedException {
    long offset = readRotated();
    while (!formatter.full() && !signal.isCancelled()) {
      boolean next;
      try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
        next = readCurrent(file, offset);
      } catch (NoSuchFileException e) {
        // Not created yet, or between rename and create of a rotation.
        next = options.follow() && !signal.isEnded();
        if (next) {
          signal.await(SAFETY_MILLIS);
        }
      }
      if (!next) {
        break;
      }
      offset = 0;
    }
    formatter.flush();
  }

  /**
   * Reads the rotated files as far as they are wanted and answers the offset to start at in the
   * current one.
   */
  private long readRotated() throws IOException, InterruptedException {
    Deque<Path> wanted = new ArrayDeque<>();
    List<Path> rotated = LogSegments.rotated(path);
    Long tailLines = options.tailLines();
    if (tailLines == null) {
      for (Path file : rotated) {
        if (!endsBeforeSince(file)) {
          readWhole(file, 0);
        }
      }
      return 0;
    }
    LogSegments.Tail tail =
        Files.exists(path) ? LogSegments.tail(path, tailLines) : new LogSegments.Tail(0, 0);
    long current = tail.offset();
    long missing = tailLines - tail.lines();
    long firstOffset = 0;
    for (int i = rotated.size() - 1; i >= 0 && missing > 0; i--) {
      LogSegments.Tail part = tail(rotated.get(i), missing);
      wanted.addFirst(rotated.get(i));
      firstOffset = part.offset();
      missing -= part.lines();
    }
    for (Path file : wanted) {
      readWhole(file, firstOffset);
      firstOffset = 0;
    }
    return current;
  }

  /** Of a file that is gone or damaged, all that there is. */
  private static LogSegments.Tail tail(Path file, long lines) throws IOException {
    try {
      return LogSegments.tail(file, lines);
    } catch (NoSuchFileException | ZipException | EOFException e) {
      return new LogSegments.Tail(0, 0);
    }
  }

  private boolean endsBeforeSince(Path file) throws IOException {
    var since = options.since();
    return since != null && Files.getLastModifiedTime(file).toInstant().isBefore(since);
  }

  private void readWhole(Path file, long offset) throws IOException, InterruptedException {
    if (formatter.full() || signal.isCancelled()) {
      return;
    }
    try (InputStream in = LogSegments.open(file, offset)) {
      byte[] bytes = block.array();
      for (int n = in.read(bytes);
          n >= 0 && !formatter.full() && !signal.isCancelled();
          n = in.read(bytes)) {
        formatter.accept(bytes, n);
      }
    } catch (NoSuchFileException | ZipException | EOFException e) {
      // Deleted or compressed since it was listed; or a power failure has damaged it, and what
      // came before and after is shown.
      LOG.atDebug().addKeyValue("file", file).setCause(e).log("rotated log is passed over");
    }
    formatter.endOfFile();
  }

  /** Reads one incarnation of the current file; true when another one has taken its place. */
  private boolean readCurrent(FileChannel file, long offset)
      throws IOException, InterruptedException {
    Object key = key(path);
    file.position(offset);
    while (!formatter.full() && !signal.isCancelled()) {
      // Asked before reading: what was written before the end is read below.
      boolean ended = signal.isEnded();
      Object keyBefore = key(path);
      readToEnd(file);
      formatter.flush();
      if (formatter.full()) {
        return false;
      }
      if (!options.follow()) {
        formatter.endOfFile();
        return false;
      }
      if (keyBefore != null && !Objects.equals(key, keyBefore)) {
        formatter.endOfFile();
        return true;
      }
      if (ended) {
        formatter.endOfFile();
        return false;
      }
      signal.await(SAFETY_MILLIS);
      if (file.size() < file.position()) {
        file.position(0);
      }
    }
    return false;
  }

  private void readToEnd(FileChannel file) throws IOException, InterruptedException {
    for (int n = read(file); n > 0; n = read(file)) {
      formatter.accept(block.array(), n);
      if (formatter.full() || signal.isCancelled()) {
        return;
      }
    }
  }

  private int read(FileChannel file) throws IOException {
    block.clear();
    return file.read(block);
  }

  private static @Nullable Object key(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }
}
