package dev.coracle.watchhub.internal.hub;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** When which watcher is due for a bookmark or its end. One event loop's alone. */
final class Deadlines {

  /**
   * @param end of the watch, else a bookmark
   */
  record Due(long at, long number, Watcher watcher, boolean end) {}

  private final TreeSet<Due> queue =
      new TreeSet<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.number, b.number));
  private final Map<Watcher, Set<Due>> byWatcher = new HashMap<>();
  private long numbers;

  void add(long at, Watcher watcher, boolean end) {
    Due due = new Due(at, numbers++, watcher, end);
    queue.add(due);
    byWatcher.computeIfAbsent(watcher, _ -> new HashSet<>(2)).add(due);
  }

  void remove(Watcher watcher) {
    Set<Due> dues = byWatcher.remove(watcher);
    if (dues != null) {
      queue.removeAll(dues);
    }
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  long next() {
    if (queue.isEmpty()) {
      throw new NoSuchElementException();
    }
    return queue.getFirst().at;
  }

  /** Takes one that is due. */
  @Nullable Due due(long now) {
    if (queue.isEmpty() || queue.getFirst().at > now) {
      return null;
    }
    Due due = queue.removeFirst();
    Set<Due> dues = byWatcher.get(due.watcher);
    if (dues != null) {
      dues.remove(due);
      if (dues.isEmpty()) {
        byWatcher.remove(due.watcher);
      }
    }
    return due;
  }
}
