package dev.coracle.apiserver.internal.authn;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Answers of a webhook, each for its time; the oldest go when there are too many. */
public final class AnswerCache<K, V> {

  private static final int MOST = 4096;

  private record Answer<V>(V value, Instant end) {}

  private final Clock clock;
  private final Map<K, Answer<V>> entries =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<K, Answer<V>> eldest) {
          return size() > MOST;
        }
      };

  public AnswerCache(Clock clock) {
    this.clock = clock;
  }

  public synchronized Optional<V> get(K key) {
    Answer<V> entry = entries.get(key);
    if (entry == null) {
      return Optional.empty();
    }
    if (entry.end().isAfter(clock.instant())) {
      return Optional.of(entry.value());
    }
    entries.remove(key);
    return Optional.empty();
  }

  public synchronized void put(K key, V value, Duration ttl) {
    if (ttl.isPositive()) {
      entries.put(key, new Answer<>(value, clock.instant().plus(ttl)));
    }
  }
}
