package dev.coracle.launcher;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.client.Client;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;

/** The components' Client in the API server's own process: the same call, no HTTP, no copy. */
final class InProcessClient implements Client {

  private final ApiCalls calls;

  InProcessClient(ApiCalls calls) {
    this.calls = calls;
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return calls.get(resource, namespace, name);
  }

  @Override
  public Uni<byte[]> raw(String path) {
    return calls.raw(path);
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return calls.getSubresource(resource, namespace, name, subresource);
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return calls.list(resource, namespace, options);
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return calls.watch(resource, namespace, options);
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return calls.create(resource, namespace, object, options);
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return calls.createSubresource(resource, namespace, name, subresource, object, options);
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return calls.update(resource, object, subresource, options);
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return calls.patch(resource, namespace, name, patch, subresource, options);
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return calls.delete(resource, namespace, name, options);
  }
}
