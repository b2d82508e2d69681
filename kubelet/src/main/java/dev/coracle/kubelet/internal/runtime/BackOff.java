package dev.coracle.kubelet.internal.runtime;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Exponential back-off by key, as upstream's for crashed containers and failed pulls: the first
 * failure costs nothing, the second waits {@code initial}, then the double, up to {@code max}; a
 * key that was quiet for twice the maximum starts anew. Safe for any thread. Its owner lives as
 * long as one pod, so keys are few.
 */
public final class BackOff {
  private record Entry(Duration delay, Instant updated) {}

  private final Clock clock;
  private final Duration initial;
  private final Duration max;
  private final Duration quiet;
  private final Map<String, Entry> entries = new HashMap<>();

  public BackOff(Clock clock, Duration initial, Duration max) {
    this(clock, initial, max, max.multipliedBy(2));
  }

  private BackOff(Clock clock, Duration initial, Duration max, Duration quiet) {
    this.clock = clock;
    this.initial = initial;
    this.max = max;
    this.quiet = quiet;
  }

  /** One that waits no longer than that, at first and at all, and that starts anew no sooner. */
  public BackOff atMost(Duration first, Duration longest) {
    return new BackOff(
        clock, shorter(shorter(initial, first), longest), shorter(max, longest), quiet);
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** How long still to wait after what failed at {@code since}; zero: go on. */
  public synchronized Duration remaining(String key, Instant since) {
    Entry entry = entries.get(key);
    if (entry == null || expired(entry, since)) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(clock.instant(), since.plus(entry.delay));
    return left.isNegative() ? Duration.ZERO : left;
  }

  /** The whole of the present delay. */
  public synchronized Duration delay(String key) {
    Entry entry = entries.get(key);
    return entry == null ? Duration.ZERO : entry.delay;
  }

  /** Notes that {@code key} is tried again after what happened at {@code since}. */
  public synchronized void next(String key, Instant since) {
    Entry entry = entries.get(key);
    Duration delay =
        entry == null || expired(entry, since)
            ? initial
            : entry.delay.multipliedBy(2).compareTo(max) > 0 ? max : entry.delay.multipliedBy(2);
    entries.put(key, new Entry(delay, clock.instant()));
  }

  public synchronized void reset(String key) {
    entries.remove(key);
  }

  private boolean expired(Entry entry, Instant since) {
    return Duration.between(entry.updated, since).compareTo(quiet) > 0;
  }
}
