package dev.coracle.client;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/**
 * The API as a component sees it, wherever the API server runs: a direct call in the same process
 * (no HTTP, no copy), HTTPS from another machine. Every call passes authorisation, admission and
 * validation as the identity the client was made for.
 *
 * <p>Failures are {@link dev.coracle.api.StatusException}s in the Uni. Nothing blocks; items arrive
 * on the Vert.x context the call was made on, if it was made on one. {@code namespace} is empty for
 * cluster-scoped resources and, in list and watch, for all namespaces; {@code subresource} is empty
 * for the object itself.
 */
public interface Client {

  Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name);

  /**
   * What is at a path, for what is no object of a resource: {@code /version} over the network, or
   * below {@code /apis/custom.metrics.k8s.io} wherever that is served.
   *
   * @param path with its query
   */
  Uni<byte[]> raw(String path);

  /** What is below an object: {@code deployments/x/scale}. */
  Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource);

  Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options);

  /**
   * Ends with a {@link WatchEvent.Failed} when the server ends it with a failure, else completes
   * when the server's time is up: watch again.
   */
  Multi<WatchEvent> watch(GroupVersionResource resource, String namespace, WatchOptions options);

  Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options);

  /**
   * Creates below an object: {@code pods/x/binding}, {@code serviceaccounts/x/token}, {@code
   * pods/x/eviction}.
   */
  Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options);

  /** Replaces the object, which carries its namespace, name and resourceVersion. */
  Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options);

  Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options);

  /**
   * Gives the object where it goes on living for a while (grace period, finalizers), else a Status
   * object.
   */
  Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options);

  default Uni<KubeObject> create(GroupVersionResource resource, KubeObject object) {
    return create(resource, object.namespace(), object, WriteOptions.NONE);
  }

  default Uni<KubeObject> update(GroupVersionResource resource, KubeObject object) {
    return update(resource, object, "", WriteOptions.NONE);
  }

  default Uni<KubeObject> updateStatus(GroupVersionResource resource, KubeObject object) {
    return update(resource, object, "status", WriteOptions.NONE);
  }

  default Uni<KubeObject> patch(
      GroupVersionResource resource, String namespace, String name, Patch patch) {
    return patch(resource, namespace, name, patch, "", WriteOptions.NONE);
  }
}
