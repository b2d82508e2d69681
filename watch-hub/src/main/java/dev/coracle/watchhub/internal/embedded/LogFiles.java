package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.config.EmbeddedOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The storage's files: the base, the closed log files and the one that is written; begins new ones,
 * and replaces old ones by a new base when more than half of the bytes are of no use. The writer's
 * alone, but for {@link #bytes} and the checkpoint, which runs on a thread of its own.
 */
final class LogFiles {

  private static final Logger LOG = LoggerFactory.getLogger(LogFiles.class);

  private static final long RETRY_NANOS = 5_000_000_000L;
  private static final long RESERVE = 1 << 20;

  private final EmbeddedOptions options;
  private final Disk disk;
  private final ArrayDeque<DataFile> closed;
  private @Nullable DataFile base;
  private @Nullable LogFile current;
  private long nextSequence;
  private long baseRevision;
  private volatile long baseBytes;
  private volatile long closedBytes;
  private volatile long currentBytes;
  private boolean running;
  private long nextTry;
  private boolean failed;
  private long considered;
  private volatile boolean closing;
  private @Nullable Thread checkpoint;

  LogFiles(EmbeddedOptions options, Disk disk, Recovery recovered) {
    this.options = options;
    this.disk = disk;
    this.closed = new ArrayDeque<>(recovered.closed);
    this.base = recovered.base;
    this.baseRevision = recovered.baseRevision;
    this.current = recovered.current;
    this.nextSequence = recovered.nextSequence;
    this.baseBytes = sizeOf(base);
    this.closedBytes = closed.stream().mapToLong(LogFiles::sizeOf).sum();
    this.currentBytes = current == null ? 0 : current.end();
  }

  /** What the files take on disk. */
  long bytes() {
    return baseBytes + closedBytes + currentBytes;
  }

  /** What puts may still add before the cap is reached; a part of it is left for deletions. */
  long room() {
    return options.maxBytes() - RESERVE - bytes();
  }

  /** Whether a large put might not find room any more: then history goes, and what it takes. */
  boolean isCrowded() {
    return room() < Math.min(Mutation.MAX_VALUE, options.maxBytes() / 8);
  }

  LogFile current() {
    return java.util.Objects.requireNonNull(current);
  }

  boolean checkpointRunning() {
    return running;
  }

  /** The file for the next group: closes a full one and begins another. */
  LogFile ready(long revision, long group) throws IOException {
    LogFile log = current;
    if (log != null && log.end() > options.segmentBytes()) {
      FrameBuffer end = new FrameBuffer();
      end.begin(group, Frame.Kind.END);
      end.putLong(revision);
      end.end();
      try {
        log.append(end.flip());
      } catch (IOException e) {
        log.cutBack();
        throw e;
      }
      current = null;
      log.close();
      closed.add(log.data);
      closedBytes += log.end();
      currentBytes = 0;
      log = null;
    }
    if (log == null) {
      log = LogFile.create(disk, options.directory(), nextSequence, revision);
      nextSequence++;
      current = log;
    }
    currentBytes = log.end();
    return log;
  }

  /** After every group: begins a checkpoint when it is worth it. */
  void maintain(Index index, Leases leases, Writer writer, long now) {
    LogFile log = current;
    currentBytes = log == null ? 0 : log.end();
    boolean full = isCrowded();
    boolean again = full || failed;
    if (running
        || index.compacted <= baseRevision
        || failed && now - nextTry < 0
        || !again && index.compacted == considered) {
      return;
    }
    considered = index.compacted;
    long replaced = baseBytes;
    for (DataFile file : closed) {
      if (file.lastRevision > index.compacted) {
        break;
      }
      replaced += sizeOf(file);
    }
    long gain = replaced - index.liveBytes;
    if (gain < (full ? 1 + bytes() / 64 : Math.max(options.segmentBytes(), bytes() / 4))) {
      return;
    }
    running = true;
    long revision = index.compacted;
    List<BaseFile.LeaseEntry> entries = entries(leases);
    checkpoint =
        Thread.ofPlatform()
            .name("coracle-store-checkpoint")
            .daemon()
            .start(() -> checkpoint(index, revision, entries, writer));
  }

  static List<BaseFile.LeaseEntry> entries(Leases leases) {
    return leases.all().stream().map(l -> new BaseFile.LeaseEntry(l.id, l.ttlSeconds)).toList();
  }

  private record Move(KeyHistory history, long revision, long offset) {}

  private void checkpoint(
      Index index, long revision, List<BaseFile.LeaseEntry> leases, Writer writer) {
    Path path = BaseFile.path(options.directory(), revision);
    Path unfinished = path.resolveSibling(path.getFileName() + ".tmp");
    List<Move> moves = new ArrayList<>();
    DataFile file = null;
    try {
      Files.deleteIfExists(unfinished);
      BaseFile.write(
          disk,
          unfinished,
          index,
          revision,
          leases,
          (history, r, at) -> {
            if (closing) {
              throw new StorageException.Unavailable("the storage is closed");
            }
            moves.add(new Move(history, r, at));
          });
      Files.move(unfinished, path, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      disk.syncDirectory(options.directory());
      file = new DataFile(path);
      for (Move move : moves) {
        move.history.move(move.revision, file, move.offset);
      }
    } catch (IOException | RuntimeException e) {
      if (!closing) {
        LOG.atWarn().setCause(e).log("the storage could not write a base file; the log goes on");
      }
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException again) {
        LOG.atWarn().addKeyValue("file", unfinished).log("could not delete an unfinished file");
      }
    }
    DataFile written = file;
    Command<Long> finish =
        new Command<>(
            m -> {
              finished(written, revision, m.now());
              return revision;
            },
            Feed.NOBODY);
    while (!writer.submit(finish)) {
      if (writer.isStopping()) {
        return;
      }
      Thread.onSpinWait();
    }
  }

  private void finished(@Nullable DataFile file, long revision, long now) {
    running = false;
    if (file == null) {
      failed = true;
      nextTry = now + RETRY_NANOS;
      return;
    }
    failed = false;
    DataFile old = base;
    base = file;
    baseRevision = revision;
    baseBytes = sizeOf(file);
    if (old != null && !old.path.equals(file.path)) {
      drop(old);
    }
    for (DataFile log; (log = closed.peekFirst()) != null && log.lastRevision <= revision; ) {
      closed.removeFirst();
      closedBytes -= sizeOf(log);
      drop(log);
    }
    LOG.atInfo()
        .addKeyValue("revision", revision)
        .addKeyValue("bytes", bytes())
        .log("wrote a base file and dropped what it replaces");
  }

  private static void drop(DataFile file) {
    try {
      file.delete();
    } catch (IOException e) {
      LOG.atWarn().setCause(e).addKeyValue("file", file.path).log("could not delete an old file");
    }
  }

  private static long sizeOf(@Nullable DataFile file) {
    if (file == null) {
      return 0;
    }
    if (file.bytes == 0) {
      try {
        file.bytes = file.size();
      } catch (IOException e) {
        return 0;
      }
    }
    return file.bytes;
  }

  /** Waits for a checkpoint to stop: nobody may touch the directory any more when this returns. */
  void close() {
    closing = true;
    Thread running = checkpoint;
    boolean interrupted = false;
    while (running != null && running.isAlive()) {
      try {
        running.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    List<AutoCloseable> all = new ArrayList<>(closed);
    if (base != null) {
      all.add(base);
    }
    if (current != null) {
      all.add(current);
      all.add(current.data);
    }
    for (AutoCloseable file : all) {
      try {
        file.close();
      } catch (Exception e) {
        LOG.atWarn().setCause(e).log("could not close a file of the storage");
      }
    }
  }
}
