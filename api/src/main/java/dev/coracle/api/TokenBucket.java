package dev.coracle.api;

/**
 * Holds tokens, at first as many as fit, and fills at a rate. What finds it empty is refused
 * ({@link #take}), or told when its own will be there ({@link #reserve}). Safe for any thread.
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
    fill(nanoTime);
    if (tokens < 1) {
      return false;
    }
    tokens--;
    return true;
  }

  /**
   * Takes the next token in any case, ahead of time where there is none.
   *
   * @return nanoseconds until it is there, zero where it is
   */
  public synchronized long reserve(long nanoTime) {
    fill(nanoTime);
    tokens--;
    return tokens >= 0 ? 0 : (long) Math.ceil(-tokens / perSecond * NANOS);
  }

  private void fill(long nanoTime) {
    long since = Math.max(0, nanoTime - filled);
    tokens = Math.min(burst, tokens + since / NANOS * perSecond);
    filled += since;
  }
}
