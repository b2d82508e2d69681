package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.config.EmbeddedOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit. The one thread {@code coracle-store-writer} (a platform thread: it spends its life
 * in fdatasync) takes all commands that wait, applies them, appends their frames as one group,
 * syncs once, and hands the group to the feed, which answers. While it syncs, the next group
 * gathers: the more writers, the larger the groups.
 *
 * <p>A group that cannot be made durable is taken back whole: from the index by the undo list, from
 * the file by cutting it back to the last durable byte. Only when the cut succeeded (and was
 * synced) may another group be written, so that no revision number is ever used for two things. The
 * next command tries again: after space is freed, writes go on by themselves.
 */
final class Writer implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Writer.class);
  private static final int MAX_GROUP = 1024;
  private static final int MAX_GROUP_BYTES = 4 << 20;

  private final ArrayBlockingQueue<Command<?>> queue = new ArrayBlockingQueue<>(16_384);
  private final Index index;
  private final Leases leases;
  private final Feed feed;
  private final StoreMetrics metrics;
  private final LongSupplier clock;
  private final FrameBuffer frames = new FrameBuffer();
  private final Mutation mutation;
  private final RecentValues recent;
  private final Retention retention;
  final LogFiles files;

  private long group;
  private boolean broken;
  private volatile boolean stopping;
  private volatile @Nullable Thread thread;

  Writer(
      EmbeddedOptions options,
      Disk disk,
      Recovery recovered,
      Feed feed,
      StoreMetrics metrics,
      LongSupplier clock) {
    this.index = recovered.index;
    this.leases = recovered.leases;
    this.feed = feed;
    this.metrics = metrics;
    this.clock = clock;
    this.mutation = new Mutation(index, leases, frames);
    this.recent = new RecentValues(index);
    this.retention = new Retention(options, index);
    this.files = new LogFiles(options, disk, recovered);
    this.group = recovered.lastGroup;
  }

  void start() {
    thread = Thread.ofPlatform().name("coracle-store-writer").daemon().start(this);
  }

  /** Queues a command; false when too many wait or the writer has ended. */
  boolean submit(Command<?> command) {
    return !stopping && queue.offer(command);
  }

  boolean isStopping() {
    return stopping;
  }

  int waiting() {
    return queue.size();
  }

  /** Writes what is queued, closes the files, and returns. Blocks. */
  void stop() {
    stopping = true;
    Thread running = thread;
    if (running != null) {
      queue.offer(new Command<>(_ -> 0L, Feed.NOBODY));
      boolean interrupted = false;
      while (running.isAlive()) {
        try {
          running.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void run() {
    List<Command<?>> batch = new ArrayList<>();
    while (!stopping || !queue.isEmpty()) {
      try {
        Command<?> first = queue.poll(untilDue(), TimeUnit.NANOSECONDS);
        if (first != null) {
          batch.add(first);
        }
        commit(batch);
      } catch (InterruptedException e) {
        stopping = true;
      } catch (RuntimeException e) {
        LOG.atError().setCause(e).log("the storage's writer met a bug; the group is refused");
        mutation.backTo(0);
        frames.clear();
        index.newest = index.visible;
        refuse(batch, new StorageException.Unavailable("the write failed", e));
      }
      batch.clear();
    }
    files.close();
  }

  private long untilDue() {
    long now = clock.getAsLong();
    return Math.min(leases.untilNext(now), retention.untilDue(now));
  }

  private void commit(List<Command<?>> batch) {
    LogFile log;
    try {
      if (broken) {
        files.current().cutBack();
        broken = false;
      }
      log = files.ready(index.visible, group);
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("the storage cannot write");
      queue.drainTo(batch);
      refuse(batch, failureOf(e));
      return;
    }
    long now = clock.getAsLong();
    boolean full = files.isCrowded();
    mutation.begin(++group, log, files.room(), now);
    int applied = 0;
    while (true) {
      for (; applied < batch.size(); applied++) {
        batch.get(applied).apply(mutation);
      }
      int room = MAX_GROUP - batch.size();
      if (room <= 0
          || frames.position() >= MAX_GROUP_BYTES
          || queue.drainTo(batch, Math.min(room, 64)) == 0) {
        break;
      }
    }
    for (Leases.Lease due; (due = leases.due(now)) != null; ) {
      mutation.revoke(due.id);
    }
    long compaction = retention.due(now, files.checkpointRunning(), full);
    if (compaction > 0) {
      mutation.noteCompaction(compaction);
    }
    if (!frames.isEmpty() && !write(log, batch)) {
      return;
    }
    long before = index.visible;
    index.visible = index.newest;
    recent.committed(before, index.newest);
    retention.committed(now, index.newest);
    if (compaction > 0) {
      index.compact(compaction);
    }
    feed.committed(new ArrayList<>(batch));
    files.maintain(index, leases, this, now);
  }

  private boolean write(LogFile log, List<Command<?>> batch) {
    long start = System.nanoTime();
    try {
      log.append(frames.flip());
      log.data.lastRevision = index.newest;
      metrics.synced(System.nanoTime() - start);
      return true;
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("the storage cannot make a write durable");
      mutation.backTo(0);
      index.newest = index.visible;
      broken = true;
      try {
        log.cutBack();
        broken = false;
      } catch (IOException again) {
        e.addSuppressed(again);
      }
      refuse(batch, failureOf(e));
      return false;
    } finally {
      frames.clear();
    }
  }

  private void refuse(List<Command<?>> batch, StorageException why) {
    metrics.failed();
    for (Command<?> command : batch) {
      command.fail(why);
    }
    feed.committed(new ArrayList<>(batch));
  }

  /** The compaction that a caller asked for. */
  void compactNow(long revision, Mutation m) {
    if (revision > index.visible) {
      throw new StorageException.FutureRevision(revision, index.visible);
    }
    if (revision <= index.compacted) {
      throw new StorageException.Compacted(index.compacted);
    }
    m.noteCompaction(revision);
    retention.ask(revision);
  }

  static StorageException failureOf(IOException e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("No space left") || text.contains("quota exceeded")
        ? new StorageException.NoSpace("the disk is full: " + text)
        : new StorageException.Unavailable("the storage cannot write: " + text, e);
  }
}
