package dev.coracle.apiserver;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A store in memory, with nothing but the contract: one lock, all history kept. */
public final class MemoryStore implements ResourceStore {

  private final Map<GroupResource, Duration> ttls = new HashMap<>();

  private record Change(long revision, GroupResource resource, WatchEvent event) {}

  private record Watching(
      GroupResource resource,
      String namespace,
      WatchOptions options,
      MultiEmitter<? super WatchEvent> emitter) {}

  private final Map<GroupResource, TreeMap<NamespacedName, KubeObject>> objects = new HashMap<>();
  private final Map<GroupResource, Map<String, Function<KubeObject, String>>> selectable =
      new ConcurrentHashMap<>();
  private final List<Change> history = new ArrayList<>();
  private final List<Watching> watchers = new CopyOnWriteArrayList<>();
  private long revision = 1;

  private static KubeObject at(KubeObject object, long revision) {
    return object.with(
        o -> o.withObjectProperty("metadata").put("resourceVersion", Long.toString(revision)));
  }

  private TreeMap<NamespacedName, KubeObject> of(GroupResource resource) {
    return objects.computeIfAbsent(resource, _ -> new TreeMap<>());
  }

  private void publish(GroupResource resource, WatchEvent event) {
    history.add(new Change(revision, resource, event));
    for (Watching w : watchers) {
      if (w.resource().equals(resource) && wanted(resource, w.namespace(), w.options(), event)) {
        w.emitter().emit(event);
      }
    }
  }

  private boolean wanted(
      GroupResource resource, String namespace, WatchOptions options, WatchEvent event) {
    KubeObject object =
        switch (event) {
          case WatchEvent.Added(KubeObject o) -> o;
          case WatchEvent.Modified(KubeObject o) -> o;
          case WatchEvent.Deleted(KubeObject o) -> o;
          default -> throw new IllegalStateException();
        };
    return (namespace.isEmpty() || namespace.equals(object.namespace()))
        && options.labels().matches(object)
        && selected(resource, options.fields(), object);
  }

  @Override
  public synchronized Uni<KubeObject> create(GroupResource resource, KubeObject object) {
    if (of(resource).containsKey(object.key())) {
      return Uni.createFrom().failure(StatusException.alreadyExists(resource, object.name()));
    }
    KubeObject stored = at(object, ++revision);
    of(resource).put(stored.key(), stored);
    publish(resource, new WatchEvent.Added(stored));
    return Uni.createFrom().item(stored);
  }

  @Override
  public synchronized Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
    KubeObject found = of(resource).get(name);
    return found == null
        ? Uni.createFrom().failure(StatusException.notFound(resource, name.name()))
        : Uni.createFrom().item(found);
  }

  @Override
  public synchronized Uni<KubeList> list(
      GroupResource resource, String namespace, ListOptions options) {
    String wanted = options.resourceVersion();
    if (options.resourceVersionMatch().equals("NotOlderThan")
        && Long.parseUnsignedLong(wanted) > revision) {
      return Uni.createFrom()
          .failure(StatusException.of(StatusReason.TIMEOUT, "not yet at " + wanted));
    }
    List<KubeObject> found =
        of(resource).values().stream()
            .filter(o -> namespace.isEmpty() || o.namespace().equals(namespace))
            .filter(o -> options.labels().matches(o) && selected(resource, options.fields(), o))
            .toList();
    return Uni.createFrom().item(KubeList.of(Long.toString(revision), found));
  }

  @Override
  public Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change) {
    return get(resource, name)
        .chain(
            before -> change.apply(before).chain(now -> swap(resource, name, before, now, change)));
  }

  private synchronized Uni<KubeObject> swap(
      GroupResource resource,
      NamespacedName name,
      KubeObject before,
      KubeObject now,
      Function<KubeObject, Uni<KubeObject>> change) {
    if (of(resource).get(name) != before) {
      return update(resource, name, change);
    }
    if (now == before) {
      return Uni.createFrom().item(before);
    }
    KubeObject stored = at(now, ++revision);
    of(resource).put(name, stored);
    publish(resource, new WatchEvent.Modified(stored));
    return Uni.createFrom().item(stored);
  }

  @Override
  public Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check) {
    return get(resource, name)
        .chain(before -> check.apply(before).chain(() -> remove(resource, name, before, check)));
  }

  private synchronized Uni<KubeObject> remove(
      GroupResource resource,
      NamespacedName name,
      KubeObject before,
      Function<KubeObject, Uni<Void>> check) {
    if (of(resource).get(name) != before) {
      return delete(resource, name, check);
    }
    of(resource).remove(name);
    KubeObject last = at(before, ++revision);
    publish(resource, new WatchEvent.Deleted(last));
    return Uni.createFrom().item(last);
  }

  @Override
  public Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .emitter(emitter -> {
          synchronized (this) {
            String from = options.resourceVersion();
            boolean state = from.isEmpty() || from.equals("0") || options.sendInitialEvents();
            if (state) {
              for (KubeObject o : of(resource).values()) {
                WatchEvent event = new WatchEvent.Added(o);
                if (wanted(resource, namespace, options, event)) {
                  emitter.emit(event);
                }
              }
              if (options.sendInitialEvents()) {
                emitter.emit(new WatchEvent.Bookmark(Long.toString(revision), true));
              }
            } else {
              long since = Long.parseLong(from);
              for (Change c : history) {
                if (c.revision() > since
                    && c.resource().equals(resource)
                    && wanted(resource, namespace, options, c.event())) {
                  emitter.emit(c.event());
                }
              }
            }
            Watching watching = new Watching(resource, namespace, options, emitter);
            watchers.add(watching);
            emitter.onTermination(() -> watchers.remove(watching));
          }
        });
  }

  @Override
  public void selectableFields(
      GroupResource resource, Map<String, Function<KubeObject, String>> fields) {
    selectable.put(resource, fields);
  }

  private boolean selected(GroupResource resource, FieldSelector fields, KubeObject object) {
    var readers = selectable.getOrDefault(resource, Map.of());
    return fields.matches(
        object,
        (o, field) -> {
          var reader = readers.get(field);
          return reader == null ? o.text(field.split("\\.")) : reader.apply(o);
        });
  }

  @Override
  public synchronized Held held(GroupResource resource) {
    var all = objects.get(resource);
    return all == null
        ? Held.NOTHING
        : new Held(all.size(), all.values().stream().mapToLong(o -> o.json().length).sum());
  }

  @Override
  public synchronized long revision() {
    return revision;
  }

  /** Only remembered: no test waits for an object to end by itself. */
  @Override
  public synchronized void timeToLive(GroupResource resource, Duration ttl) {
    ttls.put(resource, ttl);
  }

  synchronized Optional<Duration> timeToLive(GroupResource resource) {
    return Optional.ofNullable(ttls.get(resource));
  }
}
