package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All objects of a resource at one revision, immutable, with the indexes that were asked for.
 *
 * @param revision of the last change of this resource
 * @param bytes of all objects as they are stored
 * @param indexes per field, and per label that lists have asked for, a tree of the objects that
 *     have it under {@code value NUL key}
 */
record ResourceState(
    long revision,
    OrderedTree<StoredObject> objects,
    long bytes,
    Map<String, OrderedTree<StoredObject>> indexes) {

  /** What the names of the labels' indexes begin with. */
  static final String LABEL = "=";

  static ResourceState empty(long revision) {
    return new ResourceState(revision, OrderedTree.empty(), 0, Map.of());
  }

  ResourceState with(
      long newRevision,
      String key,
      @Nullable StoredObject before,
      @Nullable StoredObject after,
      Selectable selectable) {
    OrderedTree<StoredObject> tree =
        after == null ? objects.without(key) : objects.with(key, after);
    Map<String, OrderedTree<StoredObject>> changed = indexes;
    if (!indexes.isEmpty()) {
      changed = new HashMap<>(indexes);
      for (Map.Entry<String, OrderedTree<StoredObject>> index : changed.entrySet()) {
        OrderedTree<StoredObject> entries = index.getValue();
        String old = before == null ? null : entry(before, index.getKey(), selectable);
        if (old != null) {
          entries = entries.without(old);
        }
        index.setValue(added(entries, after, index.getKey(), selectable));
      }
    }
    long size = bytes + (after == null ? 0 : after.size()) - (before == null ? 0 : before.size());
    return new ResourceState(newRevision, tree, size, changed);
  }

  ResourceState withIndex(String name, Selectable selectable) {
    OrderedTree<StoredObject> index = OrderedTree.empty();
    for (Iterator<StoredObject> all = objects.from(""); all.hasNext(); ) {
      index = added(index, all.next(), name, selectable);
    }
    Map<String, OrderedTree<StoredObject>> more = new HashMap<>(indexes);
    more.put(name, index);
    return new ResourceState(revision, objects, bytes, more);
  }

  private static OrderedTree<StoredObject> added(
      OrderedTree<StoredObject> index,
      @Nullable StoredObject object,
      String name,
      Selectable selectable) {
    String entry = object == null ? null : entry(object, name, selectable);
    return object == null || entry == null ? index : index.with(entry, object);
  }

  /** Null when the object has not what the index is of. */
  private static @Nullable String entry(StoredObject object, String name, Selectable selectable) {
    String value = value(object, name, selectable);
    return value == null ? null : value + '\0' + object.key;
  }

  private static @Nullable String value(StoredObject object, String name, Selectable selectable) {
    Facts facts = object.facts(selectable);
    return name.startsWith(LABEL)
        ? facts.labels().get(name.substring(LABEL.length()))
        : facts.field(name);
  }

  /** The objects that match, in the order of their keys, beginning at {@code start}. */
  Selection select(Filter filter, String start, Selectable selectable) {
    String namespace = filter.namespacePrefix();
    String from = start.compareTo(namespace) < 0 ? namespace : start;
    if (!filter.name().isEmpty() && (!namespace.isEmpty())) {
      String only = namespace + filter.name();
      from = from.compareTo(only) < 0 ? only : from;
      return new Selection(objects.from(from), only, null, filter, selectable);
    }
    for (Filter.Key key : filter.keys()) {
      OrderedTree<StoredObject> index = indexes.get(key.index());
      if (index != null) {
        return new Selection(
            index.from(key.value() + '\0' + from), namespace, key, filter, selectable);
      }
    }
    return new Selection(objects.from(from), namespace, null, filter, selectable);
  }

  /** A namespace's objects. */
  List<KubeObject> in(String namespace) {
    if (objects.size() == 0) {
      return List.of();
    }
    String prefix = namespace + "/";
    List<KubeObject> out = new ArrayList<>();
    for (Iterator<StoredObject> all = objects.from(prefix); all.hasNext(); ) {
      StoredObject object = all.next();
      if (!object.key.startsWith(prefix)) {
        break;
      }
      out.add(object.object);
    }
    return out;
  }

  /** How many objects lie below a key prefix from a key on. */
  int count(String prefix, String from) {
    int begin = objects.rank(from.compareTo(prefix) < 0 ? prefix : from);
    int end = prefix.isEmpty() ? objects.size() : objects.rank(prefix + '\uffff');
    return Math.max(0, end - begin);
  }

  /** Walks while the keys begin with the prefix (and what the index is of has its value). */
  static final class Selection implements Iterator<StoredObject> {
    private final Iterator<StoredObject> all;
    private final String prefix;
    private final Filter.@Nullable Key indexed;
    private final Filter filter;
    private final Selectable selectable;
    private @Nullable StoredObject next;
    private long fetched;

    private Selection(
        Iterator<StoredObject> all,
        String prefix,
        Filter.@Nullable Key indexed,
        Filter filter,
        Selectable selectable) {
      this.all = all;
      this.prefix = prefix;
      this.indexed = indexed;
      this.filter = filter;
      this.selectable = selectable;
      advance();
    }

    private void advance() {
      next = null;
      while (all.hasNext()) {
        StoredObject object = all.next();
        fetched++;
        if (!object.key.startsWith(prefix) || leftIndex(object)) {
          return;
        }
        if (filter.matches(object, selectable)) {
          next = object;
          return;
        }
      }
    }

    private boolean leftIndex(StoredObject object) {
      return indexed != null && !indexed.value().equals(value(object, indexed.index(), selectable));
    }

    /** How many objects were looked at so far. */
    long fetched() {
      return fetched;
    }

    /** Which index is walked, as upstream names it; empty where none is. */
    String index() {
      return indexed == null ? "" : (indexed.label() ? "l:" : "f:") + indexed.name();
    }

    @Override
    public boolean hasNext() {
      return next != null;
    }

    @Override
    public StoredObject next() {
      StoredObject object = next;
      if (object == null) {
        throw new java.util.NoSuchElementException();
      }
      advance();
      return object;
    }
  }
}
