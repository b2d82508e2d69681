package dev.coracle.client.fake;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.WatchOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.MultiEmitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** All changes in order, and the watches that follow them. Guarded by the client's lock. */
final class FakeHistory {

  private record Change(
      long revision,
      GroupVersionResource resource,
      @Nullable KubeObject before,
      KubeObject now,
      boolean deleted) {}

  private static final class Watch {
    private final GroupVersionResource resource;
    private final String namespace;
    private final WatchOptions options;
    private final MultiEmitter<? super WatchEvent> emitter;

    Watch(
        GroupVersionResource resource,
        String namespace,
        WatchOptions options,
        MultiEmitter<? super WatchEvent> emitter) {
      this.resource = resource;
      this.namespace = namespace;
      this.options = options;
      this.emitter = emitter;
    }

    void offer(Change change) {
      if (change.resource().equals(resource)) {
        event(change).ifPresent(emitter::emit);
      }
    }

    private Optional<WatchEvent> event(Change change) {
      boolean was = change.before() != null && matches(change.before());
      boolean is = !change.deleted() && matches(change.now());
      if (is) {
        return Optional.of(
            was ? new WatchEvent.Modified(change.now()) : new WatchEvent.Added(change.now()));
      }
      return was ? Optional.of(new WatchEvent.Deleted(change.now())) : Optional.empty();
    }

    boolean matches(KubeObject object) {
      return (namespace.isEmpty() || object.namespace().equals(namespace))
          && options.labels().matches(object)
          && options.fields().matches(object);
    }
  }

  private final List<Change> changes = new ArrayList<>();
  private final List<Watch> watches = new CopyOnWriteArrayList<>();
  private long revision = 1;
  private long compacted;
  private final Object lock;

  FakeHistory(Object lock) {
    this.lock = lock;
  }

  long revision() {
    return revision;
  }

  void append(GroupVersionResource resource, @Nullable KubeObject before, KubeObject now) {
    append(resource, before, now, false);
  }

  void append(
      GroupVersionResource resource, @Nullable KubeObject before, KubeObject now, boolean deleted) {
    Change change = new Change(++revision, resource, before, now, deleted);
    changes.add(change);
    watches.forEach(watch -> watch.offer(change));
  }

  void compact() {
    synchronized (lock) {
      compacted = revision;
      changes.clear();
    }
  }

  void endWatches() {
    synchronized (lock) {
      List<Watch> ending = List.copyOf(watches);
      watches.clear();
      ending.forEach(watch -> watch.emitter.complete());
    }
  }

  Multi<WatchEvent> watch(
      GroupVersionResource resource,
      String namespace,
      WatchOptions options,
      Supplier<List<KubeObject>> current) {
    String from = options.resourceVersion();
    boolean initial = from.isEmpty() || from.equals("0") || options.sendInitialEvents();
    if (!initial && Long.parseLong(from) < compacted) {
      return Multi.createFrom()
          .item(
              new WatchEvent.Failed(
                  StatusException.expired("too old resource version: " + from).status()));
    }
    return Multi.createFrom()
        .emitter(emitter -> {
          synchronized (lock) {
            Watch watch = new Watch(resource, namespace, options, emitter);
            if (initial) {
              current.get().stream()
                  .filter(watch::matches)
                  .forEach(object -> emitter.emit(new WatchEvent.Added(object)));
              if (options.sendInitialEvents()) {
                emitter.emit(new WatchEvent.Bookmark(Long.toString(revision), true));
              }
            } else {
              long after = Long.parseLong(from);
              changes.stream().filter(c -> c.revision() > after).forEach(watch::offer);
            }
            watches.add(watch);
            emitter.onTermination(() -> watches.remove(watch));
          }
        });
  }
}
