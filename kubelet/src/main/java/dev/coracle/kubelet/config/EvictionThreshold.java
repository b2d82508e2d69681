package dev.coracle.kubelet.config;

import dev.coracle.api.Quantity;
import java.time.Duration;

/**
 * Below what a node is short of something.
 *
 * @param grace how long it must be so before a pod is ended; zero: a hard threshold
 * @param reclaim how much above the threshold there must be again, once it was met
 */
public record EvictionThreshold(
    EvictionSignal signal, Amount value, Duration grace, Amount reclaim) {

  /**
   * @param quantity bytes or a number; 0 when a percentage of the capacity counts
   */
  public record Amount(long quantity, float percent) {

    public static final Amount NONE = new Amount(0, 0);

    /** {@code 100Mi} or {@code 10%}. */
    static Amount parse(EvictionSignal signal, String text) {
      if (text.endsWith("%")) {
        float percent = Float.parseFloat(text.substring(0, text.length() - 1));
        if (!(percent >= 0)) {
          throw new IllegalArgumentException(
              "eviction percentage threshold " + signal.text() + " must be >= 0%: " + text);
        }
        if (percent > 100) {
          throw new IllegalArgumentException(
              "eviction percentage threshold " + signal.text() + " must be <= 100%: " + text);
        }
        return new Amount(0, percent);
      }
      Quantity quantity = Quantity.tryParse(text);
      if (quantity == null) {
        throw new IllegalArgumentException(
            signal.text() + ": quantities must match the regular expression of Quantity: " + text);
      }
      if (quantity.signum() < 0) {
        throw new IllegalArgumentException(
            "eviction threshold " + signal.text() + " cannot be negative: " + text);
      }
      return new Amount(quantity.longValue(), 0);
    }

    long of(long capacity) {
      return percent == 0 ? quantity : (long) (capacity * (double) (percent / 100));
    }
  }

  /** What there is of something. */
  public record Observation(long available, long capacity) {}

  static EvictionThreshold hard(EvictionSignal signal, Amount value) {
    return new EvictionThreshold(signal, value, Duration.ZERO, Amount.NONE);
  }

  public boolean isHard() {
    return grace.isZero();
  }

  EvictionThreshold at(EvictionSignal other) {
    return new EvictionThreshold(other, value, grace, reclaim);
  }

  public long quantity(Observation of) {
    return value.of(of.capacity());
  }

  /** File systems without inodes tell a capacity of none: they are never short of them. */
  public boolean isMet(Observation of) {
    return of.capacity() > 0 && of.available() < quantity(of);
  }

  /** Whether what was short is not yet back by as much as shall be reclaimed. */
  public boolean isUnresolved(Observation of) {
    return of.capacity() > 0 && of.available() < quantity(of) + reclaim.of(of.capacity());
  }
}
