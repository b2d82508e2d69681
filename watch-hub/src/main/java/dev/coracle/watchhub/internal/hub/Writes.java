package dev.coracle.watchhub.internal.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.watchhub.KeyValue;
import dev.coracle.watchhub.Storage;
import dev.coracle.watchhub.StorageException;
import dev.coracle.watchhub.Txn;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/** Creates, updates and deletes: optimistic, on the object as the cache has it. */
final class Writes {

  private final Storage storage;
  private final Caches caches;
  private final Freshness freshness;
  private final StorageKeys keys;
  private final Leaser leaser;
  private final Handed handed;
  private final Map<String, Duration> ttls = new ConcurrentHashMap<>();

  Writes(
      Storage storage,
      Caches caches,
      Freshness freshness,
      StorageKeys keys,
      Leaser leaser,
      Handed handed) {
    this.storage = storage;
    this.caches = caches;
    this.freshness = freshness;
    this.keys = keys;
    this.leaser = leaser;
    this.handed = handed;
  }

  void ttl(GroupResource resource, Duration ttl) {
    ttls.put(StorageKeys.folder(resource), ttl);
  }

  private Uni<Long> lease(ResourceCache cache) {
    Duration ttl = ttls.get(cache.folder);
    return ttl == null ? Uni.createFrom().item(0L) : leaser.lease(ttl);
  }

  Uni<KubeObject> create(GroupResource resource, KubeObject object) {
    ResourceCache cache = caches.of(resource);
    NamespacedName name = object.key();
    byte[] value = value(object);
    Uni<KubeObject> created =
        lease(cache)
            .chain(lease -> {
              handed.put(value, object);
              return storage.create(keys.key(resource, name), value, lease);
            })
            .onTermination()
            .invoke(() -> handed.drop(value))
            .map(kv -> result(cache, name, kv.modRevision(), value));
    return answer(created, resource, name);
  }

  /** What is stored of it: its encoding without resourceVersion, made in one go. */
  private static byte[] value(KubeObject object) {
    return object.isEncoded()
        ? JsonSplice.without(object.json())
        : Json.bytes(withoutVersion(object.tree()));
  }

  /** Shares all that is left. */
  private static ObjectNode withoutVersion(ObjectNode tree) {
    if (!(tree.get("metadata") instanceof ObjectNode metadata)
        || !metadata.has("resourceVersion")) {
      return tree;
    }
    ObjectNode rest = Json.object();
    rest.setAll(metadata);
    rest.remove("resourceVersion");
    ObjectNode out = Json.object();
    out.setAll(tree);
    out.set("metadata", rest);
    return out;
  }

  /**
   * The object as the feed has made it already, else one of our own; then lists wait for the feed.
   */
  private static KubeObject result(
      ResourceCache cache, NamespacedName name, long revision, byte[] value) {
    StoredObject cached = cache.state().objects().get(StorageKeys.local(name));
    if (cached != null && cached.revision == revision) {
      return cached.object;
    }
    cache.answered(revision);
    return KubeObject.ofJson(JsonSplice.with(value, revision));
  }

  Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
    return freshness
        .consistent()
        .map(_ -> cached(caches.of(resource), resource, name).object)
        .onFailure(StorageException.class)
        .transform(e -> Failures.status(e, resource, name.name()));
  }

  private static StoredObject cached(
      ResourceCache cache, GroupResource resource, NamespacedName name) {
    StoredObject found = cache.state().objects().get(StorageKeys.local(name));
    if (found == null) {
      throw StatusException.notFound(resource, name.name());
    }
    return found;
  }

  Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change) {
    ResourceCache cache = caches.of(resource);
    Uni<KubeObject> updated =
        freshness
            .consistent()
            .chain(_ -> update(resource, cache, name, change, cached(cache, resource, name)));
    return answer(updated, resource, name);
  }

  private Uni<KubeObject> update(
      GroupResource resource,
      ResourceCache cache,
      NamespacedName name,
      Function<KubeObject, Uni<KubeObject>> change,
      StoredObject found) {
    Context caller = Vertx.currentContext();
    // What is about to be replaced is not left parsed in the history.
    KubeObject current = found.object.fleeting();
    return change
        .apply(current)
        .chain(wanted -> {
          boolean rewrite = storage.wantsRewrite(keys.key(resource, name));
          if (wanted == current && !rewrite) {
            return Uni.createFrom().item(found.object);
          }
          byte[] value = value(wanted);
          if (!rewrite && JsonSplice.isWithout(found.object.json(), value)) {
            return Uni.createFrom().item(found.object);
          }
          return lease(cache)
              .chain(lease -> {
                handed.put(value, wanted);
                return storage.txn(putIf(keys.key(resource, name), value, lease, found));
              })
              .onTermination()
              .invoke(() -> handed.drop(value))
              .chain(result -> {
                if (result.succeeded()) {
                  return Uni.createFrom().item(result(cache, name, result.revision(), value));
                }
                // Not here, where the storage answers: a change can be much work.
                return Freshness.on(caller, Uni.createFrom().item(result.reads().getFirst()))
                    .chain(kv -> update(resource, cache, name, change, stored(kv, resource, name)));
              });
        });
  }

  private static StoredObject stored(
      Optional<KeyValue> kv, GroupResource resource, NamespacedName name) {
    return kv.map(v -> StoredObject.of(StorageKeys.local(name), v.modRevision(), v.value()))
        .orElseThrow(() -> StatusException.notFound(resource, name.name()));
  }

  private static Txn putIf(String key, byte[] value, long lease, StoredObject found) {
    Txn.Compare unchanged =
        new Txn.Compare(key, Txn.Target.MOD_REVISION, Txn.Relation.EQUAL, found.revision);
    return new Txn(
        List.of(unchanged),
        List.of(new Txn.Op.Put(key, value, lease)),
        List.of(new Txn.Op.Get(key)));
  }

  Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check) {
    ResourceCache cache = caches.of(resource);
    Uni<KubeObject> deleted =
        freshness
            .consistent()
            .chain(_ -> delete(resource, name, check, cached(cache, resource, name)));
    return answer(deleted, resource, name);
  }

  private Uni<KubeObject> delete(
      GroupResource resource,
      NamespacedName name,
      Function<KubeObject, Uni<Void>> check,
      StoredObject found) {
    String key = keys.key(resource, name);
    Context caller = Vertx.currentContext();
    return check
        .apply(found.object.fleeting())
        .chain(_ -> storage.delete(key, found.revision))
        .map(last -> {
          caches.of(resource).answered(last.modRevision());
          return KubeObject.ofJson(
              JsonSplice.with(JsonSplice.without(found.object.json()), last.modRevision()));
        })
        .onFailure(StorageException.Conflict.class)
        .recoverWithUni(_ ->
            Freshness.on(caller, storage.get(key, 0))
                .chain(kv -> delete(resource, name, check, stored(kv, resource, name))));
  }

  private static <T> Uni<T> answer(Uni<T> uni, GroupResource resource, NamespacedName name) {
    return Uni.createFrom()
        .deferred(() ->
            Freshness.onCaller(
                uni.onFailure(StorageException.class)
                    .transform(e -> Failures.status(e, resource, name.name()))));
  }
}
