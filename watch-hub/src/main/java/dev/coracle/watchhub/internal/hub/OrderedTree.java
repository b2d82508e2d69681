package dev.coracle.watchhub.internal.hub;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An immutable ordered map of texts: a weight-balanced tree whose changes copy only the path to the
 * changed node, so every version of it is a snapshot for free. Balance: no side is heavier than
 * three times the other (Adams; Hirai and Yamamoto's parameters 3 and 2).
 *
 * @param <V> what is kept under the keys
 */
final class OrderedTree<V> {

  private record Node<V>(
      String key, V value, @Nullable Node<V> left, @Nullable Node<V> right, int size) {}

  private final @Nullable Node<V> root;

  private OrderedTree(@Nullable Node<V> root) {
    this.root = root;
  }

  static <V> OrderedTree<V> empty() {
    return new OrderedTree<>(null);
  }

  /** Made at once of values that are sorted by their keys. */
  static <V> OrderedTree<V> ofSorted(List<V> sorted, Function<V, String> keyOf) {
    return new OrderedTree<>(build(sorted, keyOf, 0, sorted.size()));
  }

  private static <V> @Nullable Node<V> build(
      List<V> sorted, Function<V, String> keyOf, int from, int to) {
    if (from == to) {
      return null;
    }
    int middle = (from + to) >>> 1;
    V value = sorted.get(middle);
    return node(
        keyOf.apply(value),
        value,
        build(sorted, keyOf, from, middle),
        build(sorted, keyOf, middle + 1, to));
  }

  int size() {
    return size(root);
  }

  @Nullable V get(String key) {
    Node<V> node = root;
    while (node != null) {
      int side = key.compareTo(node.key);
      if (side == 0) {
        return node.value;
      }
      node = side < 0 ? node.left : node.right;
    }
    return null;
  }

  OrderedTree<V> with(String key, V value) {
    return new OrderedTree<>(put(root, key, value));
  }

  OrderedTree<V> without(String key) {
    return get(key) == null ? this : new OrderedTree<>(remove(root, key));
  }

  /** How many keys are smaller than this one. */
  int rank(String key) {
    int rank = 0;
    Node<V> node = root;
    while (node != null) {
      if (key.compareTo(node.key) <= 0) {
        node = node.left;
      } else {
        rank += size(node.left) + 1;
        node = node.right;
      }
    }
    return rank;
  }

  /** The values from this key on, in order. */
  Iterator<V> from(String key) {
    ArrayDeque<Node<V>> path = new ArrayDeque<>();
    Node<V> node = root;
    while (node != null) {
      if (key.compareTo(node.key) <= 0) {
        path.push(node);
        node = node.left;
      } else {
        node = node.right;
      }
    }
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return !path.isEmpty();
      }

      @Override
      public V next() {
        if (path.isEmpty()) {
          throw new NoSuchElementException();
        }
        Node<V> here = path.pop();
        for (Node<V> n = here.right; n != null; n = n.left) {
          path.push(n);
        }
        return here.value;
      }
    };
  }

  private static int size(@Nullable Node<?> node) {
    return node == null ? 0 : node.size;
  }

  private static <V> Node<V> node(
      String key, V value, @Nullable Node<V> left, @Nullable Node<V> right) {
    return new Node<>(key, value, left, right, size(left) + size(right) + 1);
  }

  private static <V> Node<V> put(@Nullable Node<V> node, String key, V value) {
    if (node == null) {
      return new Node<>(key, value, null, null, 1);
    }
    int side = key.compareTo(node.key);
    if (side == 0) {
      return new Node<>(node.key, value, node.left, node.right, node.size);
    }
    return side < 0
        ? balance(node.key, node.value, put(node.left, key, value), node.right)
        : balance(node.key, node.value, node.left, put(node.right, key, value));
  }

  private static <V> @Nullable Node<V> remove(@Nullable Node<V> node, String key) {
    if (node == null) {
      return null;
    }
    int side = key.compareTo(node.key);
    if (side < 0) {
      return balance(node.key, node.value, remove(node.left, key), node.right);
    }
    if (side > 0) {
      return balance(node.key, node.value, node.left, remove(node.right, key));
    }
    if (node.left == null) {
      return node.right;
    }
    if (node.right == null) {
      return node.left;
    }
    Node<V> next = node.right;
    while (next.left != null) {
      next = next.left;
    }
    return balance(next.key, next.value, node.left, remove(node.right, next.key));
  }

  private static <V> Node<V> balance(
      String key, V value, @Nullable Node<V> left, @Nullable Node<V> right) {
    int l = size(left) + 1;
    int r = size(right) + 1;
    if (right != null && r > 3 * l) {
      return size(right.left) + 1 < 2 * (size(right.right) + 1) || right.left == null
          ? node(right.key, right.value, node(key, value, left, right.left), right.right)
          : node(
              right.left.key,
              right.left.value,
              node(key, value, left, right.left.left),
              node(right.key, right.value, right.left.right, right.right));
    }
    if (left != null && l > 3 * r) {
      return size(left.right) + 1 < 2 * (size(left.left) + 1) || left.right == null
          ? node(left.key, left.value, left.left, node(key, value, left.right, right))
          : node(
              left.right.key,
              left.right.value,
              node(left.key, left.value, left.left, left.right.left),
              node(key, value, left.right.right, right));
    }
    return node(key, value, left, right);
  }
}
