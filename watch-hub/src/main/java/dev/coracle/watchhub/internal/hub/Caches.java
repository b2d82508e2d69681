package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import dev.coracle.watchhub.ResourceStore;
import dev.coracle.watchhub.config.HubOptions;
import io.netty.channel.EventLoop;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * All resources' caches, all event loops' shards, and the publishing from the ones to the others.
 * Safe for any number of threads; publishing is the feed's alone.
 */
final class Caches {

  private final Vertx vertx;
  private final HubOptions options;
  private final HubMetrics metrics;
  private final LongSupplier clock;
  private final LongSupplier revision;
  private final DeliveryOptions delivery =
      new DeliveryOptions().setLocalOnly(true).setCodecName(HubBatchCodec.NAME);
  private final Map<String, ResourceCache> byFolder = new ConcurrentHashMap<>();
  private final Map<EventLoop, Shard> shards = new ConcurrentHashMap<>();
  private final ContextInternal home;
  private volatile long loadedAt;
  private volatile boolean stopped;

  Caches(
      Vertx vertx,
      HubOptions options,
      HubMetrics metrics,
      LongSupplier clock,
      LongSupplier revision) {
    this.vertx = vertx;
    this.options = options;
    this.metrics = metrics;
    this.clock = clock;
    this.revision = revision;
    this.home = ((VertxInternal) vertx).createEventLoopContext();
    try {
      vertx.eventBus().registerCodec(new HubBatchCodec());
    } catch (IllegalStateException e) {
      // Another hub on this Vert.x has registered it; it has no state.
    }
  }

  ResourceCache of(String folder) {
    return byFolder.computeIfAbsent(folder, f -> new ResourceCache(f, options, loadedAt));
  }

  ResourceCache of(GroupResource resource) {
    ResourceCache cache = of(StorageKeys.folder(resource));
    if (cache.address.isEmpty()) {
      cache.address = options.busAddress() + "." + resource.group() + "." + resource.resource();
      metrics.resource(resource, cache);
    }
    return cache;
  }

  /** Replaces everything by what a list found at a revision. */
  void reset(Map<String, List<StoredObject>> found, long at) {
    loadedAt = at;
    byFolder.forEach((folder, cache) -> cache.reset(found.getOrDefault(folder, List.of()), at));
    found.forEach((folder, objects) -> {
      if (!byFolder.containsKey(folder)) {
        of(folder).reset(objects, at);
      }
    });
  }

  /** The shard of the event loop that we are on, or of the hub's own. */
  Shard shard() {
    ContextInternal current = ContextInternal.current();
    ContextInternal context =
        current != null
                && current.owner() == vertx
                && current.threadingModel() == ThreadingModel.EVENT_LOOP
            ? current
            : home;
    return shards.computeIfAbsent(
        context.nettyEventLoop(),
        loop ->
            new Shard(
                vertx,
                ((VertxInternal) vertx).contextBuilder().withEventLoop(loop).build(),
                clock,
                revision,
                options.bookmarkEvery().toNanos(),
                metrics));
  }

  /**
   * Fans a resource's events out. Where an event loop is far behind, the batch is left out: the
   * loop sees the gap and catches up from the history, so nothing piles up in front of it.
   */
  void publish(ResourceCache cache, List<HubEvent> events) {
    if (cache.address.isEmpty() || shards.isEmpty()) {
      return;
    }
    HubEvent first = events.getFirst();
    HubEvent before = cache.ring().at(first.sequence - 1);
    HubBatch batch =
        new HubBatch(
            before == null ? cache.ring().baseRevision() : before.revision,
            events.getLast().revision,
            first.sequence - 1,
            events);
    boolean crowded = false;
    for (Shard shard : shards.values()) {
      crowded |= shard.crowded();
    }
    if (crowded) {
      for (Shard shard : shards.values()) {
        shard.catchUpSoon();
      }
      return;
    }
    for (Shard shard : shards.values()) {
      shard.expect(cache);
    }
    cache.dispatched(events.size());
    vertx.eventBus().publish(cache.address, batch, delivery);
  }

  /** Has all shards look into the histories. */
  void catchUp() {
    shards.values().forEach(Shard::catchUpSoon);
  }

  void stop() {
    stopped = true;
    shards.values().forEach(s -> s.run(s::stop));
  }

  boolean isStopped() {
    return stopped;
  }

  /** What is held of a resource; a resource that nobody has used is not remembered by asking. */
  ResourceStore.Held held(GroupResource resource) {
    ResourceCache cache = byFolder.get(StorageKeys.folder(resource));
    if (cache == null) {
      return ResourceStore.Held.NOTHING;
    }
    ResourceState state = cache.state();
    return new ResourceStore.Held(state.objects().size(), state.bytes());
  }

  /** Objects and history, for metrics and tests. */
  long objects() {
    return byFolder.values().stream().mapToLong(c -> c.state().objects().size()).sum();
  }

  long historyBytes() {
    return byFolder.values().stream().mapToLong(c -> c.ring().bytes()).sum();
  }
}
