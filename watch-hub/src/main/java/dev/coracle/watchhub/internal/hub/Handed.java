package dev.coracle.watchhub.internal.hub;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The trees of the objects now being written, for the feed: where it shows the very array that a
 * writer gave to the storage, nobody needs to parse it. A storage that hands out other arrays
 * (etcd, or one that encrypts) is parsed as ever. Safe for any thread; holds no more than there are
 * writes on their way.
 */
final class Handed {

  /** An array by what it is, not by what is in it. */
  private record Value(byte[] bytes) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Value(byte[] others) && others == bytes;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(bytes);
    }
  }

  private final Map<Value, ObjectNode> trees = new ConcurrentHashMap<>();

  void put(byte[] value, KubeObject object) {
    ObjectNode tree = object.treeIfThere();
    if (tree != null) {
      trees.put(new Value(value), tree);
    }
  }

  /** What it was made from, null where that is not known. */
  @Nullable ObjectNode of(byte[] value) {
    return trees.isEmpty() ? null : trees.get(new Value(value));
  }

  void drop(byte[] value) {
    trees.remove(new Value(value));
  }

  int size() {
    return trees.size();
  }
}
