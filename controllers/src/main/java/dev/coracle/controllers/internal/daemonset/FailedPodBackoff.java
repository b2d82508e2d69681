package dev.coracle.controllers.internal.daemonset;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * How long a failed pod of a DaemonSet stays before it makes place for another: a second after the
 * first was removed, twice as long after each further one, up to 15 minutes; a node that was quiet
 * for half an hour begins anew. One entry for each set, generation and node. Belongs to the event
 * loop of the controllers.
 */
final class FailedPodBackoff {

  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(15);
  private static final Duration FORGOTTEN = LONGEST.multipliedBy(2);

  /** Whose pods fail where. */
  record Place(String uid, long generation, String node) {}

  private record Entry(Duration backoff, Instant since) {}

  private final Map<Place, Entry> entries = new HashMap<>();

  /** Zero when a pod may be removed now, which then counts; else how long that still takes. */
  Duration ask(Place place, Instant now) {
    entries.values().removeIf(e -> Duration.between(e.since(), now).compareTo(FORGOTTEN) > 0);
    Entry entry = entries.get(place);
    if (entry == null) {
      entries.put(place, new Entry(FIRST, now));
      return Duration.ZERO;
    }
    Duration left = entry.backoff().minus(Duration.between(entry.since(), now));
    if (left.isPositive()) {
      return left;
    }
    Duration twice = entry.backoff().multipliedBy(2);
    entries.put(place, new Entry(twice.compareTo(LONGEST) > 0 ? LONGEST : twice, now));
    return Duration.ZERO;
  }
}
