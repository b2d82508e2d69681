package dev.coracle.apiserver;

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
 * The API by direct call, as one user: the same authorisation, admission, validation and storage as
 * over HTTP, without HTTP and without copies. The methods are those of the client's {@code Client},
 * which the launcher puts in front.
 *
 * <p>Failures are {@link dev.coracle.api.StatusException}s in the Uni; nothing blocks. Objects
 * handed in are given away; objects handed out are shared and immutable. {@code namespace} is empty
 * for cluster-scoped resources and, in list and watch, for all namespaces; {@code subresource} is
 * empty for the object itself.
 */
public interface ApiCalls {

  Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name);

  /**
   * What another server has at a path below an aggregated API; this server's own paths are not
   * found.
   *
   * @param path with its query
   */
  Uni<byte[]> raw(String path);

  Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource);

  Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options);

  Multi<WatchEvent> watch(GroupVersionResource resource, String namespace, WatchOptions options);

  Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options);

  Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options);

  Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options);

  Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options);

  /** Gives the object where it goes on living for a while, else a Status object. */
  Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options);
}
