package dev.coracle.watchhub;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * The apiserver's view of the store: objects of resources instead of bytes under keys. Objects live
 * under etcd's usual keys, {@code /registry/<group/>resource/<namespace/>name}; what is stored is
 * the object without its resourceVersion, what comes out carries it.
 *
 * <p>Reads come from a cache that is as fresh as the store when they were asked. All failures are
 * {@link dev.coracle.api.StatusException}s with Kubernetes' words. Objects are in their storage
 * version: conversion is the caller's business.
 */
public interface ResourceStore {

  /** Makes the object; {@code AlreadyExists} when there is one of that name. */
  Uni<KubeObject> create(GroupResource resource, KubeObject object);

  /** {@code NotFound} when there is none. */
  Uni<KubeObject> get(GroupResource resource, NamespacedName name);

  /**
   * @param namespace empty for all namespaces, and for cluster-scoped resources
   */
  Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options);

  /**
   * A namespace's objects as this server knows them, without a question to the storage: all that it
   * has acknowledged or told of. For who asks at every request.
   */
  default Uni<List<KubeObject>> known(GroupResource resource, String namespace) {
    return list(resource, namespace, ListOptions.KNOWN).map(KubeList::items);
  }

  /**
   * Reads, changes and writes; begins anew when another write came between. The change function
   * gives the new object, or the very object it got to leave everything as it is (then no revision
   * is made), or a failure. A function that was given an object whose resourceVersion its caller
   * did not mean says so by failing with Conflict: that check is not made here.
   */
  Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change);

  /**
   * Deletes once {@code check} agrees on the object as it is (preconditions, admission), and gives
   * the last state with the deletion's resourceVersion.
   */
  Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check);

  /**
   * The changes of a resource. Begins with the current state where the options ask for it. Demand
   * is respected: a subscriber that asks too slowly lags, catches up from the bounded history, and
   * gets a {@link WatchEvent.Failed} with {@code 410 Expired} when it fell out of it. Events and
   * objects are shared by all subscribers.
   *
   * @param namespace empty for all
   */
  Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options);

  /**
   * Tells which fields of a resource can be selected by, and how each is read from an object (empty
   * where it is unset); called before the resource is used. {@code metadata.name} and {@code
   * metadata.namespace} always can. Lists by an exact value are served from an index.
   */
  void selectableFields(GroupResource resource, Map<String, Function<KubeObject, String>> fields);

  /** The same for fields whose name is their path: {@code spec.nodeName}. */
  default void selectableFields(GroupResource resource, Set<String> paths) {
    Map<String, Function<KubeObject, String>> fields = new HashMap<>();
    for (String path : paths) {
      String[] steps = path.split("\\.");
      fields.put(path, object -> object.text(steps));
    }
    selectableFields(resource, fields);
  }

  /** Objects of this resource end by themselves so long after their last write: Events. */
  void timeToLive(GroupResource resource, Duration ttl);

  /**
   * How much there is of a resource.
   *
   * @param bytes of all its objects as they are stored
   */
  record Held(long objects, long bytes) {
    public static final Held NOTHING = new Held(0, 0);
  }

  /**
   * What is held of a resource at this moment: a look, for estimates. Nothing of what is unknown.
   */
  Held held(GroupResource resource);

  /** The latest revision this store has seen. */
  long revision();
}
