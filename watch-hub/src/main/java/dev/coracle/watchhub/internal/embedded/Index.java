package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * What is where: every key's history, and for every kept revision the keys it changed.
 *
 * <p>The writer alone changes it. Anybody reads it, at any revision from {@link #compacted} to
 * {@link #visible}; since versions are only added above and removed below what may be read, a
 * reader that finds its revision still uncompacted when it is through has seen exactly that
 * revision.
 */
final class Index {

  /** One slot per revision, a power of two of them; a slot is a KeyHistory or an array of them. */
  private volatile @Nullable Object[] slots = new Object[1024];

  final ConcurrentNavigableMap<String, KeyHistory> keys = new ConcurrentSkipListMap<>();

  /** The latest durable revision. */
  volatile long visible;

  /** The oldest revision that can be read. */
  volatile long compacted;

  /** The newest revision, durable or not: the writer's alone. */
  long newest;

  /** What is live, for metrics and to tell when a checkpoint is worth it. */
  volatile long liveKeys;

  volatile long liveBytes;

  KeyHistory historyOf(String key) {
    return keys.computeIfAbsent(key, KeyHistory::new);
  }

  /** Notes which keys a new revision changed. The writer's alone. */
  void noteRevision(long revision, List<KeyHistory> changed) {
    @Nullable Object[] ring = slots;
    while (revision - compacted >= ring.length) {
      @Nullable Object[] bigger = new Object[ring.length * 2];
      for (long r = compacted + 1; r < revision; r++) {
        bigger[(int) (r & bigger.length - 1)] = ring[(int) (r & ring.length - 1)];
      }
      slots = ring = bigger;
    }
    ring[(int) (revision & ring.length - 1)] =
        changed.size() == 1 ? changed.getFirst() : changed.toArray(KeyHistory[]::new);
  }

  /**
   * The keys that a revision changed, in the order of its operations.
   *
   * @throws StorageException.Compacted the revision is gone
   */
  KeyHistory[] changedAt(long revision) {
    @Nullable Object[] ring = slots;
    Object slot = ring[(int) (revision & ring.length - 1)];
    if (revision <= compacted) {
      throw new StorageException.Compacted(compacted);
    }
    return switch (slot) {
      case KeyHistory one -> new KeyHistory[] {one};
      case KeyHistory[] many -> many;
      case null, default -> new KeyHistory[0];
    };
  }

  /** Forgets the history up to {@code revision}; no reader may begin below it any more. */
  void compact(long revision) {
    long from = compacted + 1;
    compacted = revision;
    @Nullable Object[] ring = slots;
    for (long r = from; r <= revision; r++) {
      int at = (int) (r & ring.length - 1);
      switch (ring[at]) {
        case KeyHistory one -> prune(one, revision);
        case KeyHistory[] many -> {
          for (KeyHistory history : many) {
            prune(history, revision);
          }
        }
        case null, default -> {}
      }
      ring[at] = null;
    }
    if (ring.length > 1024 && newest - revision < ring.length / 8) {
      @Nullable Object[] smaller = new Object[ring.length / 4];
      for (long r = revision + 1; r <= newest; r++) {
        smaller[(int) (r & smaller.length - 1)] = ring[(int) (r & ring.length - 1)];
      }
      slots = smaller;
    }
  }

  private void prune(KeyHistory history, long revision) {
    if (history.compact(revision)) {
      keys.remove(history.key, history);
    }
  }

  /** The revision a read will be made at: {@code asked}, or the latest when 0. */
  long readable(long asked) {
    long latest = visible;
    if (asked > latest) {
      throw new StorageException.FutureRevision(asked, latest);
    }
    long revision = asked <= 0 ? latest : asked;
    if (revision < compacted) {
      throw new StorageException.Compacted(compacted);
    }
    return revision;
  }

  /** All keys from {@code from} (inclusive or not) below the end of the prefix. */
  Map<String, KeyHistory> below(String prefix, String from, boolean inclusive) {
    String end = endOf(prefix);
    String start = from.compareTo(prefix) < 0 ? prefix : from;
    boolean include = inclusive || from.compareTo(prefix) < 0;
    if (end.isEmpty()) {
      return keys.tailMap(start, include);
    }
    return start.compareTo(end) >= 0 ? Map.of() : keys.subMap(start, include, end, false);
  }

  /** All keys from {@code from} on and below {@code end}; an empty end is the end of all. */
  Map<String, KeyHistory> between(String from, String end) {
    if (end.isEmpty()) {
      return keys.tailMap(from, true);
    }
    return from.compareTo(end) >= 0 ? Map.of() : keys.subMap(from, true, end, false);
  }

  /** The first key behind all that begin with the prefix; empty for the empty prefix. */
  static String endOf(String prefix) {
    int n = prefix.length();
    return n == 0 ? "" : prefix.substring(0, n - 1) + (char) (prefix.charAt(n - 1) + 1);
  }
}
