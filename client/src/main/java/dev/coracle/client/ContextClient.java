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
 * A client whose answers come on a SerialContext, whichever thread the one below answers on, so
 * that what follows an answer may touch the context's state. Watches are left as they are.
 */
public record ContextClient(Client below, SerialContext context) implements Client {

  private <T> Uni<T> here(Uni<T> answer) {
    return answer.emitOn(context);
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return here(below.get(resource, namespace, name));
  }

  @Override
  public Uni<byte[]> raw(String path) {
    return here(below.raw(path));
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return here(below.getSubresource(resource, namespace, name, subresource));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return here(below.list(resource, namespace, options));
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return below.watch(resource, namespace, options);
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return here(below.create(resource, namespace, object, options));
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return here(below.createSubresource(resource, namespace, name, subresource, object, options));
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return here(below.update(resource, object, subresource, options));
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return here(below.patch(resource, namespace, name, patch, subresource, options));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return here(below.delete(resource, namespace, name, options));
  }
}
