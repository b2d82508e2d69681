package dev.coracle.kubelet.internal.image;

import dev.coracle.api.TokenBucket;
import dev.coracle.kubelet.config.PullRate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** How many pulls there may be; more are refused, not kept waiting. */
final class PullLimit {
  private final boolean limited;
  private final TokenBucket bucket;
  private final Clock clock;

  PullLimit(PullRate rate, Clock clock) {
    this.limited = rate.perSecond() > 0;
    this.clock = clock;
    this.bucket = new TokenBucket(rate.perSecond(), rate.burst(), nanos());
  }

  private long nanos() {
    return Duration.between(Instant.EPOCH, clock.instant()).toNanos();
  }

  /** Whether there may be one more now, which is counted. */
  boolean take() {
    return !limited || bucket.take(nanos());
  }
}
