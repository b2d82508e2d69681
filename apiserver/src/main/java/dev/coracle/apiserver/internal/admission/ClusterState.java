package dev.coracle.apiserver.internal.admission;

import dev.coracle.api.GroupResource;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.List;

/** What the plugins look things up in. */
public record ClusterState(
    LiveCache namespaces,
    LiveCache nodes,
    LiveCache serviceAccounts,
    LiveCache priorityClasses,
    LiveCache storageClasses,
    LiveCache ingressClasses,
    LiveCache runtimeClasses) {

  public static ClusterState of(Vertx vertx, ResourceStore store) {
    return new ClusterState(
        cache(vertx, store, "", "namespaces"),
        cache(vertx, store, "", "nodes"),
        cache(vertx, store, "", "serviceaccounts"),
        cache(vertx, store, "scheduling.k8s.io", "priorityclasses"),
        cache(vertx, store, "storage.k8s.io", "storageclasses"),
        cache(vertx, store, "networking.k8s.io", "ingressclasses"),
        cache(vertx, store, "node.k8s.io", "runtimeclasses"));
  }

  private static LiveCache cache(Vertx vertx, ResourceStore store, String group, String resource) {
    return new LiveCache(vertx, store, new GroupResource(group, resource));
  }

  private List<LiveCache> all() {
    return List.of(
        namespaces,
        nodes,
        serviceAccounts,
        priorityClasses,
        storageClasses,
        ingressClasses,
        runtimeClasses);
  }

  public Uni<Void> start() {
    return Uni.join()
        .all(all().stream().map(LiveCache::start).toList())
        .andFailFast()
        .replaceWithVoid();
  }

  public void stop() {
    all().forEach(LiveCache::stop);
  }
}
