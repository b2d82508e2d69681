package dev.coracle.watchhub.internal.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Beside a TreeMap. */
class OrderedTreeTest {

  static LongStream seeds() {
    return LongStream.range(0, 10);
  }

  private static List<String> from(OrderedTree<String> tree, String key) {
    List<String> found = new ArrayList<>();
    for (Iterator<String> all = tree.from(key); all.hasNext(); ) {
      found.add(all.next());
    }
    return found;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void behavesAsATreeMap(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    TreeMap<String, String> model = new TreeMap<>();
    for (int i = 0; i < random.nextInt(300); i++) {
      model.put("k" + random.nextInt(500), "first");
    }
    model.replaceAll((k, _) -> k);
    OrderedTree<String> tree =
        OrderedTree.ofSorted(new ArrayList<>(model.values()), value -> value);
    OrderedTree<String> old = tree;
    List<String> oldContent = from(tree, "");
    for (int i = 0; i < 3000; i++) {
      String key = "k" + random.nextInt(500);
      if (random.nextInt(5) < 3) {
        model.put(key, key + "=" + i);
        tree = tree.with(key, key + "=" + i);
      } else {
        model.remove(key);
        tree = tree.without(key);
      }
      if (i % 50 == 0) {
        String at = "k" + random.nextInt(500);
        assertThat(from(tree, at)).containsExactlyElementsOf(model.tailMap(at).values());
        assertThat(tree.rank(at)).isEqualTo(model.headMap(at).size());
        assertThat(tree.size()).isEqualTo(model.size());
        assertThat(tree.get(at)).isEqualTo(model.get(at));
      }
    }
    assertThat(from(old, "")).isEqualTo(oldContent);
  }
}
