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
import java.util.function.Supplier;

/** A client in front of another one: every request but a watch goes the same way. */
abstract class ForwardingClient implements Client {

  private final Client below;

  ForwardingClient(Client below) {
    this.below = below;
  }

  /** Has the client below make a request. */
  abstract <T> Uni<T> ask(Supplier<Uni<T>> request);

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return below.watch(resource, namespace, options);
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return ask(() -> below.get(resource, namespace, name));
  }

  @Override
  public Uni<byte[]> raw(String path) {
    return ask(() -> below.raw(path));
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return ask(() -> below.getSubresource(resource, namespace, name, subresource));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return ask(() -> below.list(resource, namespace, options));
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return ask(() -> below.create(resource, namespace, object, options));
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return ask(
        () -> below.createSubresource(resource, namespace, name, subresource, object, options));
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return ask(() -> below.update(resource, object, subresource, options));
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return ask(() -> below.patch(resource, namespace, name, patch, subresource, options));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return ask(() -> below.delete(resource, namespace, name, options));
  }
}
