package dev.coracle.client.internal.events;

import java.time.Duration;

/**
 * How fast events may be written: so many at once, and so many a second after that. Owned by one
 * context.
 */
public final class EventPace {
  /** As fast as can be. */
  public static final int UNBOUNDED = 0;

  private final double perNano;
  private final double burst;
  private double tokens;
  private long at;

  /**
   * @param perSecond {@link #UNBOUNDED} for no bound
   * @param now nanoseconds of some clock
   */
  public EventPace(int perSecond, int burst, long now) {
    this.perNano = perSecond / 1e9;
    this.burst = Math.max(1, burst);
    this.tokens = this.burst;
    this.at = now;
  }

  /** How long the next one has to wait; zero: not at all. */
  public Duration untilNext(long now) {
    if (perNano == UNBOUNDED) {
      return Duration.ZERO;
    }
    tokens = Math.min(burst, tokens + (now - at) * perNano);
    at = now;
    return tokens >= 1 ? Duration.ZERO : Duration.ofNanos((long) Math.ceil((1 - tokens) / perNano));
  }

  /** One is written. */
  public void spend() {
    tokens -= 1;
  }
}
