package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;

/**
 * Until when a request may take. Who asked has been answered by then, so nothing is written after
 * it.
 *
 * @param nanoTime on the clock of {@link System#nanoTime}
 */
public record Deadline(long nanoTime, boolean limited) {

  /** Of what may take as long as it takes. */
  public static final Deadline NONE = new Deadline(0, false);

  public static Deadline at(long nanoTime) {
    return new Deadline(nanoTime, true);
  }

  /** In milliseconds, rounded up; never more than {@code most}, and 0 once it is over. */
  public long millisLeft(long most) {
    return limited
        ? Math.clamp((nanoTime - System.nanoTime() + 999_999) / 1_000_000, 0, most)
        : most;
  }

  /**
   * @throws StatusException {@code Timeout} once it is over
   */
  public void check() {
    if (limited && nanoTime - System.nanoTime() <= 0) {
      throw StatusException.of(
          StatusReason.TIMEOUT,
          "Timeout: request did not complete within requested timeout - context deadline exceeded");
    }
  }
}
