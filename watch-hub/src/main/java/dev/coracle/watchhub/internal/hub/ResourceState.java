package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.selector.FieldSelector;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All objects of a resource at one revision, immutable, with the indexes that were asked for.
 *
 * @param revision of the last change of this resource
 * @param indexes per field a tree of the same objects under {@code value NUL key}
 */
record ResourceState(
    long revision,
    OrderedTree<StoredObject> objects,
    Map<String, OrderedTree<StoredObject>> indexes) {

  static ResourceState empty(long revision) {
    return new ResourceState(revision, OrderedTree.empty(), Map.of());
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
        if (before != null) {
          entries = entries.without(entry(before, index.getKey(), selectable));
        }
        if (after != null) {
          entries = entries.with(entry(after, index.getKey(), selectable), after);
        }
        index.setValue(entries);
      }
    }
    return new ResourceState(newRevision, tree, changed);
  }

  ResourceState withIndex(String field, Selectable selectable) {
    OrderedTree<StoredObject> index = OrderedTree.empty();
    for (Iterator<StoredObject> all = objects.from(""); all.hasNext(); ) {
      StoredObject object = all.next();
      index = index.with(entry(object, field, selectable), object);
    }
    Map<String, OrderedTree<StoredObject>> more = new HashMap<>(indexes);
    more.put(field, index);
    return new ResourceState(revision, objects, more);
  }

  private static String entry(StoredObject object, String field, Selectable selectable) {
    return object.facts(selectable).field(field) + '\0' + object.key;
  }

  /** The objects that match, in the order of their keys, beginning at {@code start}. */
  Iterator<StoredObject> select(Filter filter, String start, Selectable selectable) {
    FieldSelector.Requirement field = filter.indexedField();
    OrderedTree<StoredObject> index = field == null ? null : indexes.get(field.field());
    String namespace = filter.namespacePrefix();
    String from = start.compareTo(namespace) < 0 ? namespace : start;
    if (!filter.name().isEmpty() && (!namespace.isEmpty())) {
      String only = namespace + filter.name();
      from = from.compareTo(only) < 0 ? only : from;
      return new Matching(objects.from(from), only, "", filter, selectable);
    }
    if (field == null || index == null) {
      return new Matching(objects.from(from), namespace, "", filter, selectable);
    }
    return new Matching(
        index.from(field.value() + '\0' + from), namespace, field.field(), filter, selectable);
  }

  /** How many objects lie below a key prefix from a key on. */
  int count(String prefix, String from) {
    int begin = objects.rank(from.compareTo(prefix) < 0 ? prefix : from);
    int end = prefix.isEmpty() ? objects.size() : objects.rank(prefix + '\uffff');
    return Math.max(0, end - begin);
  }

  /** Walks while the keys begin with the prefix (and the indexed field has its value). */
  private static final class Matching implements Iterator<StoredObject> {
    private final Iterator<StoredObject> all;
    private final String prefix;
    private final String indexed;
    private final Filter filter;
    private final Selectable selectable;
    private @Nullable StoredObject next;

    Matching(
        Iterator<StoredObject> all,
        String prefix,
        String indexed,
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
        if (!object.key.startsWith(prefix) || !indexed.isEmpty() && leftIndex(object)) {
          return;
        }
        if (filter.matches(object, selectable)) {
          next = object;
          return;
        }
      }
    }

    private boolean leftIndex(StoredObject object) {
      FieldSelector.Requirement field = filter.indexedField();
      return field != null && !object.facts(selectable).field(indexed).equals(field.value());
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
