package dev.coracle.apiserver;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;

/** A store in memory, for tests in which one thing goes another way. */
public abstract class ForwardingStore implements ResourceStore {

  protected final MemoryStore below = new MemoryStore();

  @Override
  public Uni<KubeObject> create(GroupResource resource, KubeObject object) {
    return below.create(resource, object);
  }

  @Override
  public Uni<KubeObject> get(GroupResource resource, NamespacedName name) {
    return below.get(resource, name);
  }

  @Override
  public Uni<KubeList> list(GroupResource resource, String namespace, ListOptions options) {
    return below.list(resource, namespace, options);
  }

  @Override
  public Uni<KubeObject> update(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<KubeObject>> change) {
    return below.update(resource, name, change);
  }

  @Override
  public Uni<KubeObject> delete(
      GroupResource resource, NamespacedName name, Function<KubeObject, Uni<Void>> check) {
    return below.delete(resource, name, check);
  }

  @Override
  public Multi<WatchEvent> watch(GroupResource resource, String namespace, WatchOptions options) {
    return below.watch(resource, namespace, options);
  }

  @Override
  public void selectableFields(
      GroupResource resource, Map<String, Function<KubeObject, String>> fields) {
    below.selectableFields(resource, fields);
  }

  @Override
  public void timeToLive(GroupResource resource, Duration ttl) {
    below.timeToLive(resource, ttl);
  }

  @Override
  public Held held(GroupResource resource) {
    return below.held(resource);
  }

  @Override
  public long revision() {
    return below.revision();
  }
}
