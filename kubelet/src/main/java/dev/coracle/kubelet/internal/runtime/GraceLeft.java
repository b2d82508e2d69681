package dev.coracle.kubelet.internal.runtime;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * What is left of the time in which a pod's containers end together. It may become less, also while
 * somebody waits by it. Safe for any thread.
 */
final class GraceLeft {
  /** Longer is forever; and added to the time it must not overflow. */
  private static final long MOST = TimeUnit.DAYS.toSeconds(3650);

  private final LongSupplier nanoTime;
  private long least;
  private long end;
  private CompletableFuture<Void> shortened = new CompletableFuture<>();

  /**
   * @param leastSeconds that a container gets even when there is nothing left
   */
  GraceLeft(LongSupplier nanoTime, long seconds, long leastSeconds) {
    this.nanoTime = nanoTime;
    this.end = in(seconds);
    this.least = Math.max(0, Math.min(leastSeconds, seconds));
  }

  private long in(long seconds) {
    return nanoTime.getAsLong() + TimeUnit.SECONDS.toNanos(Math.min(seconds, MOST));
  }

  /**
   * There is no more than this left.
   *
   * @return whether there was more
   */
  synchronized boolean shorten(long seconds) {
    long sooner = in(seconds);
    if (sooner - end >= 0) {
      return false;
    }
    end = sooner;
    least = Math.max(0, Math.min(least, seconds));
    CompletableFuture<Void> told = shortened;
    shortened = new CompletableFuture<>();
    told.completeAsync(() -> null);
    return true;
  }

  /** Not negative. */
  synchronized Duration left() {
    return Duration.ofNanos(Math.max(0, end - nanoTime.getAsLong()));
  }

  /** What a container that is stopped now gets, in whole seconds. */
  synchronized long forContainer() {
    // What has been used counts in whole seconds, as upstream counts it.
    return Math.max(least, left().plusNanos(999_999_999).toSeconds());
  }

  /** Waits until something is done, or no time is left: whether it is done. */
  boolean await(CompletableFuture<?> done) {
    while (true) {
      CompletableFuture<Void> less;
      Duration left;
      synchronized (this) {
        less = shortened;
        left = left();
      }
      if (done.isDone() || left.isZero()) {
        return done.isDone();
      }
      CompletableFuture.anyOf(done.exceptionally(_ -> null), less)
          .completeOnTimeout(null, left.toNanos(), TimeUnit.NANOSECONDS)
          .join();
    }
  }
}
