package dev.coracle.client;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.TokenBucket;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.api.rest.WriteOptions;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A client that asks for no more than a bucket holds: what is too much waits its turn, in the order
 * in which it was asked for. A watch is one request, when it begins. What need not wait is asked
 * for on the caller's thread.
 *
 * @param nanoTime of a clock that does not go back
 * @param pause completes after a while
 */
public record PacedClient(
    Client below, TokenBucket bucket, LongSupplier nanoTime, Function<Duration, Uni<Void>> pause)
    implements Client {

  private <T> Uni<T> paced(Supplier<Uni<T>> request) {
    return Uni.createFrom()
        .deferred(() -> {
          long wait = bucket.reserve(nanoTime.getAsLong());
          return wait == 0
              ? request.get()
              : pause.apply(Duration.ofNanos(wait)).chain(_ -> request.get());
        });
  }

  @Override
  public Multi<WatchEvent> watch(
      GroupVersionResource resource, String namespace, WatchOptions options) {
    return Multi.createFrom()
        .deferred(() -> {
          long wait = bucket.reserve(nanoTime.getAsLong());
          return wait == 0
              ? below.watch(resource, namespace, options)
              : pause
                  .apply(Duration.ofNanos(wait))
                  .onItem()
                  .transformToMulti(_ -> below.watch(resource, namespace, options));
        });
  }

  @Override
  public Uni<KubeObject> get(GroupVersionResource resource, String namespace, String name) {
    return paced(() -> below.get(resource, namespace, name));
  }

  @Override
  public Uni<byte[]> raw(String path) {
    return paced(() -> below.raw(path));
  }

  @Override
  public Uni<KubeObject> getSubresource(
      GroupVersionResource resource, String namespace, String name, String subresource) {
    return paced(() -> below.getSubresource(resource, namespace, name, subresource));
  }

  @Override
  public Uni<KubeList> list(GroupVersionResource resource, String namespace, ListOptions options) {
    return paced(() -> below.list(resource, namespace, options));
  }

  @Override
  public Uni<KubeObject> create(
      GroupVersionResource resource, String namespace, KubeObject object, WriteOptions options) {
    return paced(() -> below.create(resource, namespace, object, options));
  }

  @Override
  public Uni<KubeObject> createSubresource(
      GroupVersionResource resource,
      String namespace,
      String name,
      String subresource,
      KubeObject object,
      WriteOptions options) {
    return paced(
        () -> below.createSubresource(resource, namespace, name, subresource, object, options));
  }

  @Override
  public Uni<KubeObject> update(
      GroupVersionResource resource, KubeObject object, String subresource, WriteOptions options) {
    return paced(() -> below.update(resource, object, subresource, options));
  }

  @Override
  public Uni<KubeObject> patch(
      GroupVersionResource resource,
      String namespace,
      String name,
      Patch patch,
      String subresource,
      WriteOptions options) {
    return paced(() -> below.patch(resource, namespace, name, patch, subresource, options));
  }

  @Override
  public Uni<KubeObject> delete(
      GroupVersionResource resource, String namespace, String name, DeleteOptions options) {
    return paced(() -> below.delete(resource, namespace, name, options));
  }
}
