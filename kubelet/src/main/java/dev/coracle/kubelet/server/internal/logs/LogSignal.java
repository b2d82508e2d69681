package dev.coracle.kubelet.server.internal.logs;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Wakes a log follower: events collapse into one pending wake-up. Safe for any thread. */
final class LogSignal {
  private final Semaphore pending = new Semaphore(0);
  private volatile boolean ended;
  private volatile boolean cancelled;

  /** Something may have changed. */
  void changed() {
    if (pending.availablePermits() == 0) {
      pending.release();
    }
  }

  /** The container has written its last byte. */
  void ended() {
    ended = true;
    changed();
  }

  /** The client has gone. */
  void cancel() {
    cancelled = true;
    changed();
  }

  boolean isEnded() {
    return ended;
  }

  boolean isCancelled() {
    return cancelled;
  }

  /**
   * Waits for the next event, or for {@code millis}: file events may be lost (overflow, network
   * file systems).
   */
  @SuppressWarnings("ResultOfMethodCallIgnored")
  void await(long millis) throws InterruptedException {
    boolean woken = pending.tryAcquire(millis, TimeUnit.MILLISECONDS);
    if (woken) {
      pending.drainPermits();
    }
  }
}
