package dev.coracle.kubelet.internal.image;

import dev.coracle.kubelet.config.PullRate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** A bucket of pulls that fills at a rate; what finds it empty is refused, not kept waiting. */
final class PullLimit {
  private final PullRate rate;
  private final Clock clock;
  private double left;
  private Instant filled;

  PullLimit(PullRate rate, Clock clock) {
    this.rate = rate;
    this.clock = clock;
    this.left = rate.burst();
    this.filled = clock.instant();
  }

  /** Whether there may be one more now, which is counted. */
  synchronized boolean take() {
    if (rate.perSecond() == 0) {
      return true;
    }
    Instant now = clock.instant();
    double since = Math.max(0, Duration.between(filled, now).toNanos() / 1e9);
    left = Math.min(rate.burst(), left + since * rate.perSecond());
    filled = now;
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }
}
