package dev.coracle.client.fake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The objects as they are stored, with the metadata that the server owns. Guarded by the client's
 * lock.
 */
final class FakeObjects {
  private final Map<GroupVersionResource, Map<NamespacedName, KubeObject>> tables = new HashMap<>();
  private final FakeHistory history;
  private final Clock clock;
  private long uids;

  FakeObjects(FakeHistory history, Clock clock) {
    this.history = history;
    this.clock = clock;
  }

  /** By namespace and name. */
  List<KubeObject> all(GroupVersionResource resource) {
    return List.copyOf(table(resource).values());
  }

  /** The object as stored, null where there is none. */
  @Nullable KubeObject find(GroupVersionResource resource, String namespace, String name) {
    return table(resource).get(new NamespacedName(namespace, name));
  }

  KubeObject require(GroupVersionResource resource, String namespace, String name) {
    KubeObject found = find(resource, namespace, name);
    if (found == null) {
      throw StatusException.notFound(resource.groupResource(), name);
    }
    return found;
  }

  /** Gives the metadata that the server owns; the generation grows when the spec has changed. */
  void stamp(ObjectNode node, @Nullable KubeObject before) {
    ObjectNode metadata = node.withObjectProperty("metadata");
    if (before == null) {
      if (!metadata.has("uid")) {
        metadata.put("uid", String.format("00000000-0000-4000-8000-%012d", ++uids));
      }
      if (!metadata.has("creationTimestamp")) {
        metadata.put("creationTimestamp", Timestamps.time(clock.instant()));
      }
      return;
    }
    for (String field : List.of("uid", "creationTimestamp", "resourceVersion")) {
      metadata.set(field, before.metadata().path(field));
    }
    if (before.isDeleting()) {
      metadata.set("deletionTimestamp", before.metadata().path("deletionTimestamp"));
    }
    if (before.metadata().has("generation")
        && !before.isDeleting()
        && !before.at("spec").equals(node.path("spec"))) {
      metadata.put("generation", before.generation() + 1);
    }
  }

  /** Writes the object with the next revision and tells the watches. */
  KubeObject store(GroupVersionResource resource, @Nullable KubeObject before, KubeObject now) {
    ObjectNode node = now.tree();
    node.withObjectProperty("metadata")
        .put("resourceVersion", Long.toString(history.revision() + 1));
    KubeObject stored = KubeObject.of(node);
    table(resource).put(stored.key(), stored);
    history.append(resource, before, stored);
    return stored;
  }

  /** Takes the object away and tells the watches. */
  void remove(GroupVersionResource resource, KubeObject object) {
    table(resource).remove(object.key());
    history.append(
        resource,
        object,
        object.with(n ->
            n.withObjectProperty("metadata")
                .put("resourceVersion", Long.toString(history.revision() + 1))),
        true);
  }

  private Map<NamespacedName, KubeObject> table(GroupVersionResource resource) {
    return tables.computeIfAbsent(resource, _ -> new TreeMap<>());
  }

  /** The Status that answers a call which leaves nothing else to show. */
  static KubeObject success(GroupVersionResource resource, KubeObject object) {
    return KubeObject.of(
        Status.success(resource.group(), resource.resource(), object.name(), object.uid())
            .toJson());
  }
}
