package dev.coracle.apiserver.internal.audit;

import dev.coracle.api.Json;
import dev.coracle.api.TokenBucket;
import dev.coracle.apiserver.config.AuditDelivery;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Gathers events and sends them on by a virtual thread, many at once: when there are enough of
 * them, or some time after the first. Nobody waits for it. What waits is bounded in number, and
 * with what is under way in bytes; what does not fit is lost, and counted.
 */
final class BatchingBackend implements AuditBackend {

  private static final String PLUGIN = "buffered";
  private static final long MOST_BYTES = 64L << 20;
  private static final Duration LONGEST_END = Duration.ofSeconds(5);

  private final AuditOutput output;
  private final AuditDelivery.Batch options;
  private final AuditMeters meters;
  private final @Nullable TokenBucket throttle;
  private final LinkedBlockingQueue<AuditEvent> queue;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Wakes the sender that waits for more; what came is in the queue before it, or lost. */
  private final AuditEvent end = new AuditEvent(Json.object(), null, null, false, 0);

  private final Thread sender;

  BatchingBackend(AuditOutput output, AuditDelivery.Batch options, AuditMeters meters) {
    this.output = output;
    this.options = options;
    this.meters = meters;
    this.throttle =
        options.throttled()
            ? new TokenBucket(options.perSecond(), options.burst(), System.nanoTime())
            : null;
    this.queue = new LinkedBlockingQueue<>(options.bufferSize());
    this.sender = Thread.ofVirtual().name("audit-batches").start(this::run);
  }

  @Override
  public boolean blocks() {
    return false;
  }

  @Override
  public Future<Boolean> add(AuditEvent event) {
    long taken = bytes.addAndGet(event.weight());
    if (taken > MOST_BYTES || closing.get() || !queue.offer(event)) {
      bytes.addAndGet(-event.weight());
      meters.lost(PLUGIN, 1);
    }
    return TAKEN;
  }

  private void run() {
    try {
      List<AuditEvent> batch = collect();
      while (!batch.isEmpty()) {
        send(batch);
        batch = collect();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for the first one; gives none at the end. */
  private List<AuditEvent> collect() throws InterruptedException {
    List<AuditEvent> batch = new ArrayList<>();
    long until = 0;
    while (batch.size() < options.maxSize()) {
      AuditEvent event;
      if (closing.get()) {
        event = queue.poll();
      } else if (batch.isEmpty()) {
        event = queue.take();
      } else {
        event = queue.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      }
      if (event == null) {
        return batch;
      }
      if (event != end) {
        if (batch.isEmpty()) {
          until = System.nanoTime() + options.maxWait().toNanos();
        }
        batch.add(event);
      }
    }
    return batch;
  }

  private void send(List<AuditEvent> batch) throws InterruptedException {
    TokenBucket limit = throttle;
    if (limit != null) {
      long wait = limit.reserve(System.nanoTime());
      if (wait > 0) {
        TimeUnit.NANOSECONDS.sleep(wait);
      }
    }
    long weight = batch.stream().mapToLong(AuditEvent::weight).sum();
    output.process(batch).onComplete(_ -> bytes.addAndGet(-weight));
  }

  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      queue.offer(end);
      try {
        sender.join(LONGEST_END);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      output.close();
    }
  }
}
