package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A resource's objects in memory, for decisions that must not wait: who may, whether a namespace
 * lives. Follows the store; lags by the time of one event. Reads are safe on any thread; changes
 * come one after the other.
 */
public final class LiveCache {

  private static final Logger LOG = LoggerFactory.getLogger(LiveCache.class);
  private static final long RETRY_MILLIS = 200;

  /** Told about every change after it can be seen. */
  public interface Listener {
    /**
     * @param before null when the object is new
     * @param now null when it is gone
     */
    void changed(@Nullable KubeObject before, @Nullable KubeObject now);
  }

  private final Vertx vertx;
  private final ResourceStore store;
  private final GroupResource resource;
  private final boolean names;
  private final String namespace;
  private final ListOptions which;
  private final Map<NamespacedName, KubeObject> objects = new ConcurrentHashMap<>();
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private volatile @Nullable Cancellable watch;
  private volatile boolean stopped;

  public LiveCache(Vertx vertx, ResourceStore store, GroupResource resource) {
    this(vertx, store, resource, false, "", ListOptions.ALL);
  }

  private LiveCache(
      Vertx vertx,
      ResourceStore store,
      GroupResource resource,
      boolean names,
      String namespace,
      ListOptions which) {
    this.vertx = vertx;
    this.store = store;
    this.resource = resource;
    this.names = names;
    this.namespace = namespace;
    this.which = which;
  }

  /**
   * Keeps of each object its name alone, and leaves none of them parsed: for resources of which
   * there are very many. Listeners see what is there now, but of what was before only its name.
   */
  public static LiveCache ofNames(Vertx vertx, ResourceStore store, GroupResource resource) {
    return new LiveCache(vertx, store, resource, true, "", ListOptions.ALL);
  }

  /** Some of a namespace's objects alone. */
  public static LiveCache ofSome(
      Vertx vertx,
      ResourceStore store,
      GroupResource resource,
      String namespace,
      ListOptions which) {
    return new LiveCache(vertx, store, resource, false, namespace, which);
  }

  public LiveCache listen(Listener listener) {
    listeners.add(listener);
    return this;
  }

  /** Completes when the current state is here. */
  public Uni<Void> start() {
    return store.list(resource, namespace, which).invoke(this::replace).replaceWithVoid();
  }

  public void stop() {
    stopped = true;
    Cancellable running = watch;
    if (running != null) {
      running.cancel();
    }
  }

  public Optional<KubeObject> get(String namespace, String name) {
    return Optional.ofNullable(objects.get(new NamespacedName(namespace, name)));
  }

  /**
   * The object as the store has it, for who does not find it here: it may have been made a moment
   * ago. {@code NotFound} when there is none.
   */
  public Uni<KubeObject> read(String namespace, String name) {
    return store.get(resource, new NamespacedName(namespace, name));
  }

  /** The object, once it is here; empty when it does not come in time. */
  public Uni<Optional<KubeObject>> await(String namespace, String name, long millis) {
    Optional<KubeObject> now = get(namespace, name);
    if (now.isPresent()) {
      return Uni.createFrom().item(now);
    }
    return Uni.createFrom()
        .emitter(emitter -> {
          NamespacedName key = new NamespacedName(namespace, name);
          Listener[] self = new Listener[1];
          long timer =
              vertx.setTimer(
                  millis,
                  _ -> {
                    listeners.remove(self[0]);
                    emitter.complete(get(namespace, name));
                  });
          self[0] =
              (_, object) -> {
                if (object != null && object.key().equals(key)) {
                  listeners.remove(self[0]);
                  vertx.cancelTimer(timer);
                  emitter.complete(Optional.of(object));
                }
              };
          listeners.add(self[0]);
          get(namespace, name).ifPresent(o -> self[0].changed(null, o));
        });
  }

  public Collection<KubeObject> all() {
    return objects.values();
  }

  private void replace(KubeList list) {
    Set<NamespacedName> gone = new HashSet<>(objects.keySet());
    for (KubeObject object : list.items()) {
      gone.remove(put(object));
    }
    gone.forEach(this::drop);
    follow(list.resourceVersion());
  }

  private void follow(String revision) {
    if (stopped) {
      return;
    }
    watch =
        store
            .watch(resource, namespace, WatchOptions.after(which, revision))
            .subscribe()
            .with(this::event, this::lost, () -> lost(new IllegalStateException("watch ended")));
  }

  private void event(WatchEvent event) {
    switch (event) {
      case WatchEvent.Added(KubeObject o) -> {
        var _ = put(o);
      }
      case WatchEvent.Modified(KubeObject o) -> {
        var _ = put(o);
      }
      case WatchEvent.Deleted(KubeObject o) -> drop(seen(o).key());
      case WatchEvent.Bookmark _ -> {}
      case WatchEvent.Failed(var status) -> lost(new IllegalStateException(status.message()));
    }
  }

  /** The store's own object, or one that is gone with its tree when everybody has seen it. */
  private KubeObject seen(KubeObject object) {
    return names ? object.trimmed() : object;
  }

  private NamespacedName put(KubeObject object) {
    KubeObject now = seen(object);
    NamespacedName key = now.key();
    KubeObject kept =
        names ? KubeObject.create(now.gvk(), key.namespace(), key.name(), _ -> {}) : now;
    KubeObject before = objects.put(key, kept);
    listeners.forEach(l -> l.changed(before, now));
    return key;
  }

  private void drop(NamespacedName key) {
    KubeObject before = objects.remove(key);
    if (before != null) {
      listeners.forEach(l -> l.changed(before, null));
    }
  }

  private void lost(Throwable why) {
    if (stopped) {
      return;
    }
    LOG.atDebug()
        .setMessage("cache lists again")
        .addKeyValue("resource", resource)
        .addKeyValue("why", why.getMessage())
        .log();
    Cancellable old = watch;
    if (old != null) {
      old.cancel();
    }
    vertx.setTimer(RETRY_MILLIS, _ -> start().subscribe().with(_ -> {}, this::lost));
  }
}
