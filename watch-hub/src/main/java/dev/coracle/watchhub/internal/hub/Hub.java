package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.ResourceStore;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** The parts of the watch hub, put together. */
public final class Hub {

  private final Caches caches;
  private final Freshness freshness;
  private final Feeder feeder;
  private final Pages pages;
  private final Watches watches;
  private final Writes writes;

  public Hub(Vertx vertx, Storage storage, HubOptions options, MeterRegistry registry) {
    HubMetrics metrics = new HubMetrics(registry);
    StorageKeys keys = new StorageKeys(options.prefix());
    freshness = new Freshness(vertx, storage, options.freshTimeout().toMillis());
    caches = new Caches(vertx, options, metrics, System::nanoTime, freshness::revision);
    Handed handed = new Handed();
    feeder =
        new Feeder(vertx, storage, options, caches, freshness, handed, metrics, System::nanoTime);
    pages = new Pages(storage, caches, freshness, keys, new ListMeters(registry));
    watches = new Watches(caches, freshness);
    Leaser leaser = new Leaser(storage, System::nanoTime);
    writes = new Writes(storage, caches, freshness, keys, leaser, handed);
    registry.gauge("apiserver_watch_hub_history_bytes", caches, Caches::historyBytes);
  }

  public static String keyPrefix(String root, GroupResource resource) {
    return root + "/" + StorageKeys.folder(resource);
  }

  public CompletionStage<Void> start() {
    return feeder.start();
  }

  public void stop() {
    feeder.stop();
    caches.stop();
  }

  /** Why the feed does not run, empty when it does. */
  public String trouble() {
    return feeder.trouble();
  }

  public long revision() {
    return freshness.revision();
  }

  public ResourceStore.Held held(GroupResource resource) {
    return caches.held(resource);
  }

  public void selectable(GroupResource resource, Map<String, Function<KubeObject, String>> fields) {
    caches.of(resource).fields(fields);
  }

  public void ttl(GroupResource resource, Duration ttl) {
    writes.ttl(resource, ttl);
  }

  public Uni<KubeObject> create(GroupResource resource, KubeObject object) {
    return Uni.createFrom().deferred(() -> writes.create(resource, object));
  }

  public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
    return writes.get(resource, name);
  }

  public Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options) {
    return Uni.createFrom()
        .deferred(() -> pages.list(resource, namespace, options))
        .onFailure(StorageException.class)
        .transform(e -> Failures.status(e, resource, ""));
  }

  public Uni<List<KubeObject>> known(GroupResource resource, String namespace) {
    return pages.known(resource, namespace);
  }

  public Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change) {
    return writes.update(resource, name, change);
  }

  public Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check) {
    return writes.delete(resource, name, check);
  }

  public Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom().deferred(() -> watches.watch(resource, namespace, options));
  }
}
