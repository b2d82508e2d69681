package dev.coracle.watchhub;

import dev.coracle.api.Component;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.config.HubOptions;
import dev.coracle.watchhub.internal.hub.Hub;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The {@link ResourceStore} over any {@link Storage}: a cache of all objects, one ordered feed of
 * their changes with a bounded history, and the fan-out of the feed over the Vert.x event bus
 * (address {@code coracle.watch.GROUP.RESOURCE}) to the watchers of every event loop.
 *
 * <p>The storage is opened by {@link #start()} and closed by {@link #stop()}. Answers arrive on the
 * Vert.x context they were asked from, or on a virtual thread; watch events on the event loop that
 * subscribed, or on one of the hub's.
 */
public final class WatchHub implements ResourceStore, Component {

  private final Storage storage;
  private final Hub hub;

  public WatchHub(Vertx vertx, Storage storage, HubOptions options, MeterRegistry metrics) {
    this.storage = storage;
    this.hub = new Hub(vertx, storage, options, metrics);
  }

  /**
   * Where the objects of a resource lie: {@code /registry/secrets/}.
   *
   * @param prefix {@code /registry}, as in the options
   */
  public static String keyPrefix(String prefix, GroupResource resource) {
    return Hub.keyPrefix(prefix, resource);
  }

  @Override
  public String name() {
    return "watch-hub";
  }

  @Override
  public CompletionStage<Void> start() {
    return storage.open().subscribeAsCompletionStage().thenCompose(_ -> hub.start());
  }

  @Override
  public CompletionStage<Void> stop() {
    hub.stop();
    return storage.close().subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    String trouble = hub.trouble();
    return trouble.isEmpty() ? Optional.empty() : Optional.of(trouble);
  }

  @Override
  public Uni<KubeObject> create(GroupResource resource, KubeObject object) {
    return hub.create(resource, object);
  }

  @Override
  public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
    return hub.get(resource, name);
  }

  @Override
  public Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options) {
    return hub.list(resource, namespace, options);
  }

  @Override
  public Uni<List<KubeObject>> known(GroupResource resource, String namespace) {
    return hub.known(resource, namespace);
  }

  @Override
  public Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change) {
    return hub.update(resource, name, change);
  }

  @Override
  public Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check) {
    return hub.delete(resource, name, check);
  }

  @Override
  public Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options) {
    return hub.watch(resource, namespace, options);
  }

  @Override
  public void selectableFields(
      GroupResource resource, Map<String, Function<KubeObject, String>> fields) {
    hub.selectable(resource, fields);
  }

  @Override
  public void timeToLive(GroupResource resource, Duration ttl) {
    hub.ttl(resource, ttl);
  }

  @Override
  public Held held(GroupResource resource) {
    return hub.held(resource);
  }

  @Override
  public long revision() {
    return hub.revision();
  }
}
