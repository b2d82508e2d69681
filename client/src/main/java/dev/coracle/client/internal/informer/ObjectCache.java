package dev.coracle.client.internal.informer;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The objects of one informer with their indexes. One writer, the informer's context; any number of
 * readers on any thread, who get snapshots. A reader on another thread may see an object a moment
 * before the indexes do.
 */
final class ObjectCache implements Lister {

  private record Index(
      Function<KubeObject, Collection<String>> values,
      Map<String, Map<NamespacedName, KubeObject>> filed) {}

  private final Map<NamespacedName, KubeObject> objects = new ConcurrentHashMap<>();
  private final Map<String, Map<NamespacedName, KubeObject>> namespaces = new ConcurrentHashMap<>();
  private final Map<String, Index> indexes = new ConcurrentHashMap<>();

  void addIndex(String name, Function<KubeObject, Collection<String>> values) {
    Index index = new Index(values, new ConcurrentHashMap<>());
    objects.forEach((key, object) -> file(index, key, null, object));
    indexes.putIfAbsent(name, index);
  }

  /** The state before, null where there was none. */
  @Nullable KubeObject put(KubeObject object) {
    NamespacedName key = object.key();
    KubeObject before = objects.put(key, object);
    if (!key.namespace().isEmpty()) {
      namespaces.computeIfAbsent(key.namespace(), _ -> new ConcurrentHashMap<>()).put(key, object);
    }
    indexes.values().forEach(index -> file(index, key, before, object));
    return before;
  }

  @Nullable KubeObject remove(NamespacedName key) {
    KubeObject before = objects.remove(key);
    if (before != null) {
      unfile(namespaces, key.namespace(), key);
      indexes.values().forEach(index -> file(index, key, before, null));
    }
    return before;
  }

  Set<NamespacedName> keys() {
    return Set.copyOf(objects.keySet());
  }

  private static void file(
      Index index, NamespacedName key, @Nullable KubeObject before, @Nullable KubeObject now) {
    Collection<String> values =
        now == null ? List.of() : new LinkedHashSet<>(index.values().apply(now));
    if (before != null) {
      for (String value : index.values().apply(before)) {
        if (!values.contains(value)) {
          unfile(index.filed(), value, key);
        }
      }
    }
    if (now != null) {
      for (String value : values) {
        index.filed().computeIfAbsent(value, _ -> new ConcurrentHashMap<>()).put(key, now);
      }
    }
  }

  private static void unfile(
      Map<String, Map<NamespacedName, KubeObject>> filed, String value, NamespacedName key) {
    Map<NamespacedName, KubeObject> drawer = filed.get(value);
    if (drawer != null) {
      drawer.remove(key);
      if (drawer.isEmpty()) {
        filed.remove(value);
      }
    }
  }

  @Override
  public Optional<KubeObject> get(String namespace, String name) {
    return Optional.ofNullable(objects.get(new NamespacedName(namespace, name)));
  }

  @Override
  public Collection<KubeObject> list() {
    return List.copyOf(objects.values());
  }

  @Override
  public Collection<KubeObject> list(String namespace) {
    Map<NamespacedName, KubeObject> found = namespaces.get(namespace);
    return found == null ? List.of() : List.copyOf(found.values());
  }

  @Override
  public Collection<KubeObject> byIndex(String name, String value) {
    Index index = indexes.get(name);
    if (index == null) {
      throw new IllegalArgumentException("no index is called " + name);
    }
    Map<NamespacedName, KubeObject> found = index.filed().get(value);
    return found == null ? List.of() : List.copyOf(found.values());
  }

  /** The indexes that the contract offers by name. */
  static Function<KubeObject, Collection<String>> known(String name) {
    return switch (name) {
      case Informer.BY_CONTROLLER_UID ->
          object -> object.controllerOwner().map(OwnerReference::uid).stream().toList();
      case Informer.BY_NODE ->
          object -> {
            String node = object.text("spec", "nodeName");
            return node.isEmpty() ? List.of() : List.of(node);
          };
      default -> throw new IllegalArgumentException("no index is offered as " + name);
    };
  }
}
