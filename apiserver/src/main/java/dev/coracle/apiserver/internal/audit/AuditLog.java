package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.config.AuditOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Encodes events and writes them on a virtual thread, and tells of them when they are written. What
 * waits is bounded in number and bytes; what does not fit is lost, and counted.
 */
final class AuditLog implements AuditOutput {

  static final String PLUGIN = "log";

  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final int MOST_WAITING = 10_000;
  private static final long MOST_BYTES = 64L << 20;

  /** More than so many do not wait for others to be told of. */
  private static final int MOST_UNTOLD = 256;

  /** Where encoded lines go. Used by one thread. */
  interface Sink extends AutoCloseable {
    void write(byte[] line) throws IOException;

    /** Called when nothing more waits. */
    void flush() throws IOException;

    @Override
    void close() throws IOException;
  }

  private record Entry(List<AuditEvent> events, long weight, Promise<Void> written) {}

  private final Sink sink;
  private final AuditMeters meters;
  private final LinkedBlockingQueue<Entry> queue = new LinkedBlockingQueue<>(MOST_WAITING);
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Thread writer;

  /** The last one. */
  private final Entry end = new Entry(List.of(), 0, Promise.promise());

  /** Written, but perhaps not further than into a buffer. The writer's own. */
  private final List<Entry> untold = new ArrayList<>();

  private boolean failing;

  AuditLog(Sink sink, AuditMeters meters) {
    this.sink = sink;
    this.meters = meters;
    this.writer = Thread.ofVirtual().name("audit-log").start(this::run);
  }

  /** Writes to a file, or to standard output for {@code -}. */
  static AuditLog open(AuditOptions.Log options, Clock clock, AuditMeters meters) {
    return new AuditLog(RotatingFile.open(options, clock), meters);
  }

  @Override
  public String plugin() {
    return PLUGIN;
  }

  @Override
  public Future<Void> process(List<AuditEvent> events) {
    long weight = events.stream().mapToLong(AuditEvent::weight).sum();
    Entry entry = new Entry(events, weight, Promise.promise());
    long waiting = bytes.addAndGet(weight);
    if (waiting > MOST_BYTES || closing.get() || !queue.offer(entry)) {
      bytes.addAndGet(-weight);
      lost(entry, "the audit log has no room");
    }
    return entry.written().future();
  }

  private void lost(Entry entry, String why) {
    meters.lost(PLUGIN, entry.events().size());
    entry.written().fail(why);
  }

  private void run() {
    try {
      while (true) {
        Entry entry = next();
        if (entry == null) {
          break;
        }
        bytes.addAndGet(-entry.weight());
        write(entry);
      }
      tell();
      sink.close();
    } catch (InterruptedException | IOException e) {
      failed(e);
    }
  }

  private @Nullable Entry next() throws InterruptedException {
    Entry ready = queue.poll();
    if (ready != null) {
      return ready;
    }
    tell();
    if (closing.get()) {
      // What came while the sink was flushed.
      return queue.poll();
    }
    Entry entry = queue.take();
    return entry == end ? queue.poll() : entry;
  }

  private void write(Entry entry) {
    try {
      for (AuditEvent event : entry.events()) {
        sink.write(event.encode());
      }
      untold.add(entry);
      if (untold.size() >= MOST_UNTOLD) {
        tell();
      }
    } catch (IOException | RuntimeException e) {
      failed(e);
      lost(entry, String.valueOf(e.getMessage()));
    }
  }

  private void tell() {
    try {
      sink.flush();
      failing &= untold.isEmpty();
      untold.forEach(entry -> entry.written().complete());
    } catch (IOException e) {
      failed(e);
      untold.forEach(entry -> lost(entry, String.valueOf(e.getMessage())));
    }
    untold.clear();
  }

  /** Said once, until it works again. */
  private void failed(Exception e) {
    if (!failing) {
      LOG.atError().setMessage("the audit log cannot be written").setCause(e).log();
    }
    failing = true;
  }

  /** Writes what waits and ends; for at most five seconds. */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      queue.offer(end);
      try {
        writer.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
