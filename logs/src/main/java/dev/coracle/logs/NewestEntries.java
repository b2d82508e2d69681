package dev.coracle.logs;

import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A page of the entries of several nodes: the newest of all. Of each node it has the newest ones,
 * so that the place before them is where the next page begins, and nothing is left out or told
 * twice. Holds no more than a page and the answer that is being added. Guarded by itself.
 */
final class NewestEntries {

  private static final Comparator<Cursor> NEWEST_FIRST =
      Comparator.comparing((Cursor c) -> c.at().text("time"))
          .reversed()
          .thenComparing(c -> c.of.node);

  private final int limit;
  private final Map<String, Part> parts = new TreeMap<>();

  /** What one node has given: its entries of the page, oldest first. */
  private static final class Part {
    private final String node;
    private final String newest;
    private List<KubeObject> entries;
    private boolean hasMore;

    Part(String node, List<KubeObject> entries, boolean hasMore) {
      this.node = node;
      this.newest = entries.getLast().name();
      this.entries = entries;
      this.hasMore = hasMore;
    }

    /** Before which the next page begins. */
    private String next() {
      return entries.isEmpty()
          ? EntryName.parse(newest).orElseThrow().after().toString()
          : entries.getFirst().name();
    }
  }

  private static final class Cursor {
    private final Part of;
    private int index;

    Cursor(Part of) {
      this.of = of;
      this.index = of.entries.size() - 1;
    }

    KubeObject at() {
      return of.entries.get(index);
    }
  }

  NewestEntries(int limit) {
    this.limit = limit;
  }

  /**
   * @param answer oldest first; has a continue token where the node has older ones
   * @throws IllegalArgumentException where the answer is not that of such a node
   */
  synchronized void add(String node, KubeList answer) {
    if (!answer.items().stream()
        .allMatch(e -> EntryName.parse(e.name()).filter(n -> n.node().equals(node)).isPresent())) {
      throw new IllegalArgumentException("it told entries of another node");
    }
    if (answer.items().isEmpty()) {
      return;
    }
    parts.put(node, new Part(node, answer.items(), !answer.continueToken().isEmpty()));
    newest();
  }

  /** Leaves out what is older than the page; the rest, newest first. */
  private List<KubeObject> newest() {
    PriorityQueue<Cursor> queue = new PriorityQueue<>(NEWEST_FIRST);
    Collection<Cursor> cursors = parts.values().stream().map(Cursor::new).toList();
    cursors.stream().filter(c -> c.index >= 0).forEach(queue::add);
    List<KubeObject> page = new ArrayList<>();
    while (!queue.isEmpty() && page.size() < limit) {
      Cursor cursor = queue.poll();
      page.add(cursor.at());
      cursor.index--;
      if (cursor.index >= 0) {
        queue.add(cursor);
      }
    }
    for (Cursor cursor : cursors) {
      Part part = cursor.of;
      if (cursor.index >= 0) {
        part.hasMore = true;
        part.entries = List.copyOf(part.entries.subList(cursor.index + 1, part.entries.size()));
      }
    }
    return page;
  }

  /** The page, oldest first; its continue token names a place for each node that has more. */
  synchronized KubeList page() {
    String next =
        parts.values().stream()
            .filter(p -> p.hasMore)
            .map(Part::next)
            .collect(Collectors.joining(","));
    return new KubeList("1", next, -1, newest().reversed());
  }
}
