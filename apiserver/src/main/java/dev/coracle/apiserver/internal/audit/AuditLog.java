package dev.coracle.apiserver.internal.audit;

import dev.coracle.api.Json;
import dev.coracle.apiserver.config.AuditOptions;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes events from event loops and writes them on a virtual thread. What waits is bounded in
 * number and bytes; an event that does not fit is dropped and counted, as upstream's batching
 * backend does.
 */
public final class AuditLog implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final int MOST_EVENTS = 10_000;
  private static final long MOST_BYTES = 64L << 20;
  private static final AuditEvent END = new AuditEvent(Json.object(), null, null, false, 0);

  /** Where encoded lines go. Used by one thread. */
  interface Sink extends AutoCloseable {
    void write(byte[] line) throws IOException;

    /** Called when nothing more waits. */
    void flush() throws IOException;

    @Override
    void close() throws IOException;
  }

  private final Sink sink;
  private final LinkedBlockingQueue<AuditEvent> queue = new LinkedBlockingQueue<>(MOST_EVENTS);
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final Counter events;
  private final Counter errors;
  private final Thread writer;
  private boolean failing;

  AuditLog(Sink sink, MeterRegistry meters) {
    this.sink = sink;
    this.events = meters.counter("apiserver_audit_event_total");
    this.errors = meters.counter("apiserver_audit_error_total", "plugin", "log");
    this.writer = Thread.ofVirtual().name("audit-log").start(this::run);
  }

  /** Writes to a file, or to standard output for {@code -}. */
  public static AuditLog open(AuditOptions options, Clock clock, MeterRegistry meters) {
    return new AuditLog(RotatingFile.open(options, clock), meters);
  }

  /** Never blocks. */
  void add(AuditEvent event) {
    long waiting = bytes.addAndGet(event.weight());
    if (waiting > MOST_BYTES || closing.get() || !queue.offer(event)) {
      bytes.addAndGet(-event.weight());
      errors.increment();
      return;
    }
    events.increment();
  }

  private void run() {
    try {
      while (true) {
        AuditEvent event = next();
        if (event == null) {
          break;
        }
        bytes.addAndGet(-event.weight());
        write(event);
      }
      sink.close();
    } catch (InterruptedException | IOException e) {
      failed(e);
    }
  }

  private @Nullable AuditEvent next() throws InterruptedException, IOException {
    AuditEvent ready = queue.poll();
    if (ready != null) {
      return ready;
    }
    sink.flush();
    if (closing.get()) {
      // What came while the sink was flushed.
      return queue.poll();
    }
    AuditEvent event = queue.take();
    return event == END ? queue.poll() : event;
  }

  private void write(AuditEvent event) {
    if (event == END) {
      return;
    }
    try {
      sink.write(event.encode());
      failing = false;
    } catch (IOException | RuntimeException e) {
      failed(e);
    }
  }

  /** Said once, until it works again. */
  private void failed(Exception e) {
    errors.increment();
    if (!failing) {
      LOG.atError().setMessage("the audit log cannot be written").setCause(e).log();
    }
    failing = true;
  }

  /** Writes what waits and ends; for at most five seconds. */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      queue.offer(END);
      try {
        writer.join(Duration.ofSeconds(5));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
