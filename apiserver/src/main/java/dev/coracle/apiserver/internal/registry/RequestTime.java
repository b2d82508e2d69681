package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;

/**
 * Until when a request may take, and how much of its time is not the server's own. Who asked has
 * been answered by the first, so nothing is written after it.
 */
public final class RequestTime {

  private final boolean limited;
  private final long end;
  private long added;
  private long longest;

  private RequestTime(boolean limited, long end) {
    this.limited = limited;
    this.end = end;
  }

  /** Of what may take as long as it takes. */
  public static RequestTime unlimited() {
    return new RequestTime(false, 0);
  }

  /**
   * @param nanoTime on the clock of {@link System#nanoTime}
   */
  public static RequestTime until(long nanoTime) {
    return new RequestTime(true, nanoTime);
  }

  /** In milliseconds, rounded up; never more than {@code most}, and 0 once it is over. */
  public long millisLeft(long most) {
    return limited ? Math.clamp((end - System.nanoTime() + 999_999) / 1_000_000, 0, most) : most;
  }

  /**
   * @throws StatusException {@code Timeout} once it is over
   */
  public void check() {
    if (limited && end - System.nanoTime() <= 0) {
      throw StatusException.of(
          StatusReason.TIMEOUT,
          "Timeout: request did not complete within requested timeout - context deadline exceeded");
    }
  }

  /** Time that others took, one after the other: a queue, or a mutating webhook. */
  public synchronized void waited(long nanos) {
    added += nanos;
  }

  /** Time that one of several others took that are asked at once: a validating webhook. */
  public synchronized void waitedBeside(long nanos) {
    longest = Math.max(longest, nanos);
  }

  /** How much of the time others took, in nanoseconds. */
  public synchronized long elsewhere() {
    return added + longest;
  }
}
