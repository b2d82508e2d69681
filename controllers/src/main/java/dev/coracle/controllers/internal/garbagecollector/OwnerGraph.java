package dev.coracle.controllers.internal.garbagecollector;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.controllers.internal.ResourceCatalog.Entry;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who owns whom, by uid. Objects without owners are in it too, since they may be owners. An owner
 * that was never seen can still have dependents here. Owned by the controllers' context.
 */
final class OwnerGraph {

  /** An object as last seen, and the resource it is reached by. */
  record Node(Entry entry, KubeObject object) {
    String uid() {
      return object.uid();
    }

    boolean hasFinalizer(String name) {
      return object.finalizers().contains(name);
    }

    /** Waits, foreground, for its dependents to go first. */
    boolean deletesDependents() {
      return object.isDeleting() && hasFinalizer(GarbageCollector.FOREGROUND);
    }

    boolean isBlocking(String owner) {
      return object.ownerReferences().stream()
          .anyMatch(o -> o.uid().equals(owner) && o.blockOwnerDeletion());
    }
  }

  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Set<String>> dependents = new HashMap<>();

  @Nullable Node get(String uid) {
    return nodes.get(uid);
  }

  void put(Node node) {
    Node before = nodes.put(node.uid(), node);
    if (before != null) {
      if (before
          .object()
          .at("metadata", "ownerReferences")
          .equals(node.object().at("metadata", "ownerReferences"))) {
        return;
      }
      unlink(before);
    }
    for (OwnerReference owner : node.object().ownerReferences()) {
      dependents.computeIfAbsent(owner.uid(), _ -> new LinkedHashSet<>()).add(node.uid());
    }
  }

  void remove(String uid) {
    Node before = nodes.remove(uid);
    if (before != null) {
      unlink(before);
    }
  }

  private void unlink(Node node) {
    for (OwnerReference owner : node.object().ownerReferences()) {
      Set<String> known = dependents.get(owner.uid());
      if (known != null) {
        known.remove(node.uid());
        if (known.isEmpty()) {
          dependents.remove(owner.uid());
        }
      }
    }
  }

  List<Node> dependents(String owner) {
    return dependents.getOrDefault(owner, Set.of()).stream().map(nodes::get).toList();
  }

  Collection<Node> nodes() {
    return nodes.values();
  }
}
