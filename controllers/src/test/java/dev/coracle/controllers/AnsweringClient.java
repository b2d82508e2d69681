package dev.coracle.controllers;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.function.BiFunction;

/**
 * A client whose creates are answered as a test says, for reviews, which the fake only stores; and
 * whose watches tell their events as a test says.
 */
record AnsweringClient(
    Client client,
    BiFunction<GroupVersionResource, KubeObject, KubeObject> answers,
    BiFunction<GroupVersionResource, Multi<WatchEvent>, Multi<WatchEvent>> told)
    implements Client {

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return client.get(resource, namespace, name);
  }

  @Override
  public Uni<byte[]> raw(String path) {
    return client.raw(path);
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return client.getSubresource(resource, namespace, name, subresource);
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return client.list(resource, namespace, options);
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return told.apply(resource, client.watch(resource, namespace, options));
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    KubeObject answer = answers.apply(resource, object);
    return answer != object
        ? Uni.createFrom().item(answer)
        : client.create(resource, namespace, object, options);
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return client.createSubresource(resource, namespace, name, subresource, object, options);
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return client.update(resource, object, subresource, options);
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return client.patch(resource, namespace, name, patch, subresource, options);
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return client.delete(resource, namespace, name, options);
  }
}
