package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.selector.FieldSelector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which watchers an event may concern. Every watcher stands in exactly one bucket, the narrowest
 * its filter allows, so ten thousand watchers of single objects cost an event one look-up. One
 * event loop's alone.
 */
final class WatcherIndex {

  /** By what a bucket is found; the order is that of preference. */
  private enum By {
    KEY,
    NAME,
    FIELD,
    LABEL,
    NAMESPACE,
    ALL
  }

  /** A bucket: the field or label where there is one, and the value. */
  private record Bucket(By by, String what, String value) {

    // By hand (ADR 0280).
    @Override
    public boolean equals(@Nullable Object other) {
      return other == this
          || other instanceof Bucket o
              && by == o.by
              && value.equals(o.value)
              && what.equals(o.what);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * value.hashCode() + what.hashCode()) + by.ordinal();
    }
  }

  private static final Bucket ALL = new Bucket(By.ALL, "", "");

  private final Map<Bucket, Set<Watcher>> buckets = new HashMap<>();
  private final Map<Bucket, Integer> dimensions = new HashMap<>();
  private int size;

  private static Bucket bucketOf(Filter filter) {
    if (!filter.name().isEmpty()) {
      return filter.namespace().isEmpty()
          ? new Bucket(By.NAME, "", filter.name())
          : new Bucket(By.KEY, "", filter.namespacePrefix() + filter.name());
    }
    FieldSelector.Requirement field = filter.indexedField();
    if (field != null) {
      return new Bucket(By.FIELD, field.field(), field.value());
    }
    Map.Entry<String, String> label = filter.indexedLabel();
    if (label != null) {
      return new Bucket(By.LABEL, label.getKey(), label.getValue());
    }
    return filter.namespace().isEmpty() ? ALL : new Bucket(By.NAMESPACE, "", filter.namespace());
  }

  private static Bucket dimensionOf(Bucket bucket) {
    return new Bucket(bucket.by, bucket.what, "");
  }

  void add(Watcher watcher) {
    Bucket bucket = bucketOf(watcher.filter);
    if (buckets.computeIfAbsent(bucket, _ -> new LinkedHashSet<>()).add(watcher)) {
      dimensions.merge(dimensionOf(bucket), 1, Integer::sum);
      size++;
    }
  }

  void remove(Watcher watcher) {
    Bucket bucket = bucketOf(watcher.filter);
    Set<Watcher> set = buckets.get(bucket);
    if (set != null && set.remove(watcher)) {
      size--;
      dimensions.merge(dimensionOf(bucket), -1, (a, b) -> a + b == 0 ? null : a + b);
      if (set.isEmpty()) {
        buckets.remove(bucket);
      }
    }
  }

  int size() {
    return size;
  }

  List<Watcher> all() {
    List<Watcher> all = new ArrayList<>(size);
    buckets.values().forEach(all::addAll);
    return all;
  }

  /** Everyone whom the event may concern, each once. */
  void route(HubEvent event, Selectable selectable, Consumer<Watcher> each) {
    for (Bucket dimension : List.copyOf(dimensions.keySet())) {
      String before = value(event.previous, dimension, selectable);
      String now = value(event.current, dimension, selectable);
      if (now != null) {
        visit(new Bucket(dimension.by, dimension.what, now), each);
      }
      if (before != null && !Objects.equals(before, now)) {
        visit(new Bucket(dimension.by, dimension.what, before), each);
      }
    }
  }

  private void visit(Bucket bucket, Consumer<Watcher> each) {
    Set<Watcher> set = buckets.get(bucket);
    if (set != null) {
      // A copy: watchers leave while they are served.
      List.copyOf(set).forEach(each);
    }
  }

  private static @Nullable String value(
      @Nullable StoredObject object, Bucket dimension, Selectable selectable) {
    if (object == null) {
      return null;
    }
    return switch (dimension.by) {
      case ALL -> "";
      case KEY -> object.key;
      case NAME -> object.name();
      case NAMESPACE -> object.namespace();
      case FIELD -> object.facts(selectable).field(dimension.what);
      case LABEL -> object.facts(selectable).labels().get(dimension.what);
    };
  }
}
