package dev.coracle.logs.internal.collect;

import dev.coracle.logs.internal.collect.Positions.Position;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows every {@code NAMESPACE_POD_UID/CONTAINER/ATTEMPT.log} below one directory. It sleeps in
 * the kernel (inotify) until something is written; nothing is looked at again and again. How far it
 * has read is kept once a second at most, so after a crash the lines of a second may come twice.
 * All of it happens on the thread that calls {@link #run}.
 */
public final class PodLogFiles implements AutoCloseable {

  /** What is done with the lines. */
  public interface Receiver {
    /**
     * @param pod the directory's name, {@code NAMESPACE_POD_UID}
     * @param time RFC 3339 in UTC
     */
    void line(String pod, String container, String time, String output, String message)
        throws IOException;

    /** What came with one wake-up is complete. */
    void batch() throws IOException;
  }

  private static final Logger LOG = LoggerFactory.getLogger(PodLogFiles.class);
  private static final Pattern CURRENT = Pattern.compile("\\d+\\.log");
  private static final long SAVE_EVERY_NANOS = 1_000_000_000L;

  private final Path root;
  private final Positions positions;
  private final Receiver receiver;
  private final WatchService watch;
  private final Map<WatchKey, Path> watched = new HashMap<>();
  private final Map<Path, LogTail> tails = new HashMap<>();
  private final Map<String, Position> known = new HashMap<>();
  private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
  private long saved = System.nanoTime();

  public PodLogFiles(Path root, Path state, Receiver receiver) throws IOException {
    this.root = Files.createDirectories(root);
    this.positions = new Positions(state);
    this.receiver = receiver;
    this.known.putAll(positions.read());
    this.watch = FileSystems.getDefault().newWatchService();
  }

  /** Reads until {@link #close}; blocks its thread, best a virtual one. */
  public void run() {
    try {
      register(root);
      visit(root);
      receiver.batch();
      while (true) {
        WatchKey key = watch.take();
        do {
          serve(key);
          key = watch.poll();
        } while (key != null);
        receiver.batch();
        if (System.nanoTime() - saved > SAVE_EVERY_NANOS) {
          save();
          saved = System.nanoTime();
        }
      }
    } catch (ClosedWatchServiceException | InterruptedException e) {
      LOG.debug("Stopped following logs");
    } catch (IOException e) {
      LOG.atError().addKeyValue("cause", e.toString()).log("Logs are no longer collected");
    } finally {
      end();
    }
  }

  private void serve(WatchKey key) throws IOException {
    Path directory = watched.get(key);
    for (WatchEvent<?> event : key.pollEvents()) {
      if (directory == null) {
        continue;
      }
      if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
        visit(directory);
      } else if (event.context() instanceof Path name) {
        changed(directory.resolve(name), event.kind() == StandardWatchEventKinds.ENTRY_DELETE);
      }
    }
    if (!key.reset()) {
      watched.remove(key);
    }
  }

  private void changed(Path path, boolean deleted) throws IOException {
    if (deleted) {
      gone(path);
    } else if (depth(path) == 3) {
      read(path);
    } else if (Files.isDirectory(path)) {
      register(path);
      visit(path);
    }
  }

  private int depth(Path path) {
    return path.getNameCount() - root.getNameCount();
  }

  private void register(Path directory) throws IOException {
    try {
      watched.put(
          directory.register(
              watch,
              StandardWatchEventKinds.ENTRY_CREATE,
              StandardWatchEventKinds.ENTRY_MODIFY,
              StandardWatchEventKinds.ENTRY_DELETE),
          directory);
    } catch (NoSuchFileException e) {
      LOG.atDebug().addKeyValue("directory", directory).log("Gone before it was followed");
    }
  }

  /** What is there already: whatever comes later is announced. */
  private void visit(Path directory) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      for (Path child : children) {
        changed(child, false);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      LOG.atDebug().addKeyValue("directory", directory).log("Gone before it was read");
    }
  }

  private void read(Path file) throws IOException {
    if (!CURRENT.matcher(file.getFileName().toString()).matches()) {
      return; // Rotated, and read to its end already.
    }
    LogTail tail = tails.get(file);
    if (tail == null) {
      tail = tail(file);
      tails.put(file, tail);
    }
    try {
      tail.read(buffer);
    } catch (NoSuchFileException e) {
      forget(file);
    }
  }

  private LogTail tail(Path file) {
    String key = root.relativize(file).toString();
    Position from = known.getOrDefault(key, Position.START);
    String pod = root.relativize(file).getName(0).toString();
    String container = root.relativize(file).getName(1).toString();
    boolean[] resumed = {!from.time().isEmpty()};
    return new LogTail(
        file,
        from.identity(),
        from.offset(),
        line -> {
          // A file that was rotated meanwhile is read from its start: older lines are known.
          if (resumed[0] && line.time().compareTo(from.time()) <= 0) {
            return;
          }
          resumed[0] = false;
          known.put(key, new Position("", 0, line.time()));
          receiver.line(pod, container, line.time(), line.output(), line.message());
        });
  }

  /**
   * A file may be rotated away and written to a little longer, so it stays open until the next one
   * of its name or of a later attempt is there.
   */
  private void gone(Path path) throws IOException {
    LogTail tail = tails.get(path);
    if (tail == null) {
      for (Path below : List.copyOf(tails.keySet())) {
        if (below.startsWith(path)) {
          forget(below);
        }
      }
      return;
    }
    tail.read(buffer);
    Path directory = path.getParent();
    boolean hasLater =
        tails.keySet().stream()
            .anyMatch(t -> !t.equals(path) && Objects.equals(directory, t.getParent()));
    if (hasLater || directory == null || !Files.exists(directory)) {
      forget(path);
    }
  }

  private void forget(Path path) throws IOException {
    LogTail tail = tails.remove(path);
    if (tail != null) {
      tail.close();
      known.remove(root.relativize(path).toString());
    }
  }

  private void save() throws IOException {
    tails.forEach((file, tail) -> {
      String key = root.relativize(file).toString();
      Position last = known.getOrDefault(key, Position.START);
      known.put(key, new Position(tail.identity(), tail.offset(), last.time()));
    });
    positions.write(known);
  }

  private void end() {
    try {
      receiver.batch();
      save();
      for (LogTail tail : tails.values()) {
        tail.close();
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("cause", e.toString()).log("Where logs were read to is not kept");
    }
  }

  @Override
  public void close() throws IOException {
    watch.close();
  }
}
