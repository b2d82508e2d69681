package dev.coracle.client;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.client.internal.informer.CachedInformer;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Gives a component its informers, one for each resource and selection however many ask for it, all
 * on the component's context. Safe on any thread.
 *
 * <p>Usage: get informers, add indexes and handlers, {@link #start()}, and work when that
 * completes. An informer asked for later is started by its own {@link Informer#start()}.
 */
public final class InformerFactory {

  private record Key(GroupVersionResource resource, InformerOptions options) {}

  private final SerialContext context;
  private final Client client;
  private final RandomGenerator random;
  private final Map<Key, CachedInformer> informers = new LinkedHashMap<>();
  private boolean stopped;

  public InformerFactory(SerialContext context, Client client) {
    this(context, client, RandomGenerator.getDefault());
  }

  /**
   * @param random for the jitter of retries
   */
  public InformerFactory(SerialContext context, Client client, RandomGenerator random) {
    this.context = context;
    this.client = client;
    this.random = random;
  }

  /** The informer of all objects of the resource. */
  public Informer informer(GroupVersionResource resource) {
    return informer(resource, InformerOptions.ALL);
  }

  public synchronized Informer informer(GroupVersionResource resource, InformerOptions options) {
    if (stopped) {
      throw new IllegalStateException("the informer factory is stopped");
    }
    return informers.computeIfAbsent(
        new Key(resource, options),
        key -> new CachedInformer(key.resource(), key.options(), client, context, random));
  }

  /** Starts every informer asked for so far; completes when all of them have synced. */
  public Uni<Void> start() {
    List<Uni<Void>> starts = new ArrayList<>();
    for (CachedInformer informer : snapshot()) {
      starts.add(informer.start());
    }
    return starts.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(starts).andFailFast().replaceWithVoid();
  }

  /** Stops every informer; none can be asked for any more. */
  public Uni<Void> stop() {
    List<CachedInformer> all;
    synchronized (this) {
      stopped = true;
      all = snapshot();
      informers.clear();
    }
    List<Uni<Void>> stops = new ArrayList<>();
    all.forEach(informer -> stops.add(informer.stop()));
    return stops.isEmpty()
        ? Uni.createFrom().voidItem()
        : Uni.join().all(stops).andCollectFailures().replaceWithVoid();
  }

  /** Stops one informer and forgets it, for resources that come and go. */
  public Uni<Void> release(GroupVersionResource resource, InformerOptions options) {
    CachedInformer informer;
    synchronized (this) {
      informer = informers.remove(new Key(resource, options));
    }
    return informer == null ? Uni.createFrom().voidItem() : informer.stop();
  }

  public boolean hasSynced() {
    return snapshot().stream().allMatch(CachedInformer::hasSynced);
  }

  private synchronized List<CachedInformer> snapshot() {
    return List.copyOf(informers.values());
  }
}
