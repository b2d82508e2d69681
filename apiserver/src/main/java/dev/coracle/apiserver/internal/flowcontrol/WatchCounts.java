package dev.coracle.apiserver.internal.flowcontrol;

import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelRequirement;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How many watchers a write will wake, by resource, namespace and name. Watchers that select by an
 * exact value of a field or a label are not counted: the hub finds them by index, and a write wakes
 * only those whose object it is. Safe for any number of threads.
 */
public final class WatchCounts {

  private record Watched(String group, String resource, String namespace, String name) {
    // By hand (ADR 0280).
    @Override
    public boolean equals(@Nullable Object other) {
      return other == this
          || other instanceof Watched o
              && name.equals(o.name)
              && resource.equals(o.resource)
              && namespace.equals(o.namespace)
              && group.equals(o.group);
    }

    @Override
    public int hashCode() {
      return 31 * (31 * (31 * name.hashCode() + resource.hashCode()) + namespace.hashCode())
          + group.hashCode();
    }
  }

  private final Map<Watched, Integer> counts = new ConcurrentHashMap<>();

  /** Counts a watch, until what this gives is called, once. */
  public Runnable register(FlowRequest watch, WatchOptions options) {
    String name = watch.name();
    for (FieldSelector.Requirement field : options.fields().requirements()) {
      if (field.equal() && field.field().equals("metadata.name")) {
        name = field.value();
      } else if (field.equal()) {
        return () -> {};
      }
    }
    for (LabelRequirement label : options.labels().requirements()) {
      if (label.operator() == LabelRequirement.Operator.IN && label.values().size() == 1) {
        return () -> {};
      }
    }
    Watched watched = new Watched(watch.group(), watch.resource(), watch.namespace(), name);
    counts.merge(watched, 1, Integer::sum);
    return () -> counts.computeIfPresent(watched, (_, n) -> n == 1 ? null : n - 1);
  }

  /** Watchers of the whole resource, of the namespace, and of the very object. */
  int interestedIn(FlowRequest write) {
    String group = write.group();
    String resource = write.resource();
    int found = count(group, resource, "", "");
    if (!write.namespace().isEmpty()) {
      found += count(group, resource, write.namespace(), "");
    }
    if (!write.name().isEmpty()) {
      found += count(group, resource, write.namespace(), write.name());
    }
    return found;
  }

  private int count(String group, String resource, String namespace, String name) {
    return counts.isEmpty()
        ? 0
        : counts.getOrDefault(new Watched(group, resource, namespace, name), 0);
  }
}
