package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.WatchOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;

/** Begins watches: from a revision, with the current state, or as a streaming list (KEP-3157). */
final class Watches {

  private final Caches caches;
  private final Freshness freshness;

  Watches(Caches caches, Freshness freshness) {
    this.caches = caches;
    this.freshness = freshness;
  }

  Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options) {
    ResourceCache cache = caches.of(resource);
    Filter filter = Filter.of(namespace, options.labels(), options.fields(), cache);
    long revision =
        options.resourceVersion().isEmpty() ? 0 : Failures.revision(options.resourceVersion());
    return Multi.createFrom()
        .publisher(subscriber -> subscribe(resource, cache, filter, options, revision, subscriber));
  }

  private void subscribe(
      GroupResource resource,
      ResourceCache cache,
      Filter filter,
      WatchOptions options,
      long revision,
      Flow.Subscriber<? super WatchEvent> subscriber) {
    Shard shard = caches.shard();
    Watcher watcher = new Watcher(shard, cache, filter, options.allowBookmarks(), subscriber);
    subscriber.onSubscribe(watcher);
    shard.run(() -> {
      if (watcher.isOver()) {
        return;
      }
      shard.add(watcher, TimeUnit.SECONDS.toNanos(options.timeoutSeconds()));
      if (caches.isStopped()) {
        watcher.complete();
        return;
      }
      begin(resource, shard, watcher, options, revision);
    });
  }

  private void begin(
      GroupResource resource, Shard shard, Watcher watcher, WatchOptions options, long revision) {
    boolean latest = options.resourceVersion().isEmpty();
    // resourceVersionMatch may only stand beside sendInitialEvents: it was sent, and is false.
    boolean noInitial = !options.sendInitialEvents() && !options.resourceVersionMatch().isEmpty();
    if (revision > 0 && !options.sendInitialEvents()) {
      watcher.startAfter(revision);
      return;
    }
    Uni<Long> fresh = latest ? freshness.consistent() : freshness.atLeast(revision);
    fresh
        .subscribe()
        .with(
            _ ->
                shard.run(() -> {
                  long seen = freshness.revision();
                  ResourceState state = watcher.cache.state();
                  long at = Math.max(seen, state.revision());
                  if (noInitial) {
                    watcher.startAfter(at);
                  } else {
                    // The end of the initial events is told by a bookmark, so to those who take
                    // them.
                    boolean markEnd = options.sendInitialEvents() && options.allowBookmarks();
                    watcher.startWith(state, at, markEnd);
                  }
                }),
            failure -> shard.run(() -> watcher.fail(statusOf(failure, resource))));
  }

  private static Status statusOf(Throwable failure, GroupResource resource) {
    return Failures.status(failure, resource, "") instanceof StatusException e
        ? e.status()
        : StatusException.internal(String.valueOf(failure.getMessage())).status();
  }
}
