package dev.coracle.kubelet.internal.image.provider;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;

/**
 * Remembers each value for a time of its own, and so many at most: the one that would go first
 * makes room. Safe for any thread.
 */
final class ExpiringCache<K, V> {
  private static final int MOST = 1000;
  private static final Duration LONGEST = Duration.ofDays(365);

  private record Entry<V>(V value, Instant until) {}

  private final Clock clock;
  private final Map<K, Entry<V>> entries = new HashMap<>();

  ExpiringCache(Clock clock) {
    this.clock = clock;
  }

  synchronized Optional<V> get(K key) {
    Entry<V> entry = entries.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.until.isBefore(clock.instant())) {
      entries.remove(key);
      return Optional.empty();
    }
    return Optional.of(entry.value);
  }

  synchronized void put(K key, V value, Duration keep) {
    Instant now = clock.instant();
    if (entries.size() >= MOST) {
      entries.values().removeIf(e -> e.until.isBefore(now));
    }
    if (entries.size() >= MOST && !entries.containsKey(key)) {
      Instant first = entries.values().stream().map(Entry::until).min(Instant::compareTo).get();
      Iterator<Entry<V>> all = entries.values().iterator();
      while (all.hasNext()) {
        if (all.next().until.equals(first)) {
          all.remove();
          break;
        }
      }
    }
    entries.put(key, new Entry<>(value, now.plus(keep.compareTo(LONGEST) > 0 ? LONGEST : keep)));
  }
}
