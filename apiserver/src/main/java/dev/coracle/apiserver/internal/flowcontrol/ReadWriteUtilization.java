package dev.coracle.apiserver.internal.flowcontrol;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** How many requests of the whole server read and write, weighted by time. */
final class ReadWriteUtilization {

  private static final double[] BOUNDS = {
    0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1
  };

  private final ReentrantLock lock = new ReentrantLock();
  private final RatioHistogram readsWaiting;
  private final RatioHistogram readsExecuting;
  private final RatioHistogram writesWaiting;
  private final RatioHistogram writesExecuting;

  ReadWriteUtilization(MeterRegistry registry, LongSupplier nanos) {
    this.readsWaiting = histogram(registry, nanos, "waiting", "readOnly");
    this.readsExecuting = histogram(registry, nanos, "executing", "readOnly");
    this.writesWaiting = histogram(registry, nanos, "waiting", "mutating");
    this.writesExecuting = histogram(registry, nanos, "executing", "mutating");
  }

  private RatioHistogram histogram(
      MeterRegistry registry, LongSupplier nanos, String phase, String kind) {
    return new RatioHistogram(lock, nanos, BOUNDS)
        .register(
            registry,
            "read_vs_write_current_requests",
            "Requests that wait or run, as a part of as many as may, at the end of every"
                + " nanosecond",
            Tags.of("phase", phase, "request_kind", kind));
  }

  /**
   * @param waiting what all queues hold together
   * @param executing the seats of all levels
   */
  void limits(int waiting, int executing, long now) {
    lock.lock();
    try {
      readsWaiting.limit(Math.max(1, waiting), now);
      writesWaiting.limit(Math.max(1, waiting), now);
      readsExecuting.limit(Math.max(1, executing), now);
      writesExecuting.limit(Math.max(1, executing), now);
    } finally {
      lock.unlock();
    }
  }

  void waiting(int reads, int writes, long now) {
    lock.lock();
    try {
      readsWaiting.add(reads, now);
      writesWaiting.add(writes, now);
    } finally {
      lock.unlock();
    }
  }

  void executing(int reads, int writes, long now) {
    lock.lock();
    try {
      readsExecuting.add(reads, now);
      writesExecuting.add(writes, now);
    } finally {
      lock.unlock();
    }
  }
}
