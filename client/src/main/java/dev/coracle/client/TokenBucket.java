package dev.coracle.client;

/**
 * Holds tokens, at first as many as fit, and fills at a rate. What finds it empty is refused, not
 * kept waiting. Safe for any thread.
 */
public final class TokenBucket {

  private static final double NANOS = 1e9;

  private final double perSecond;
  private final double burst;
  private double tokens;
  private long filled;

  /**
   * @param nanoTime of a clock that does not go back, as those of {@link #take}
   */
  public TokenBucket(double perSecond, double burst, long nanoTime) {
    this.perSecond = perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.filled = nanoTime;
  }

  /** Whether there was one. */
  public synchronized boolean take(long nanoTime) {
    long since = Math.max(0, nanoTime - filled);
    tokens = Math.min(burst, tokens + since / NANOS * perSecond);
    filled += since;
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }
}
