package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Does what a LinkedHashMap does, step by step. */
class CompactMapTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void equalsItsModel(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 100; round++) {
      CompactMap map = new CompactMap();
      Map<String, JsonNode> model = new LinkedHashMap<>();
      int names = 1 + random.nextInt(14);
      for (int step = 0; step < 60; step++) {
        // Texts that are equal and not the same, as names of requests are.
        String name = new String("n" + random.nextInt(names));
        JsonNode value = IntNode.valueOf(random.nextInt(1000));
        switch (random.nextInt(10)) {
          case 0, 1, 2, 3, 4 -> assertThat(map.put(name, value)).isEqualTo(model.put(name, value));
          case 5, 6 -> assertThat(map.remove(name)).isEqualTo(model.remove(name));
          case 7 -> {
            int odd = random.nextInt(2);
            removeByIterator(map, odd);
            removeByIterator(model, odd);
          }
          case 8 -> {
            map.entrySet().forEach(e -> e.setValue(value));
            model.entrySet().forEach(e -> e.setValue(value));
          }
          default -> {
            if (random.nextInt(8) == 0) {
              map.clear();
              model.clear();
            }
          }
        }
        same(map, model, name);
      }
    }
  }

  private static void removeByIterator(Map<String, JsonNode> map, int odd) {
    Iterator<Map.Entry<String, JsonNode>> all = map.entrySet().iterator();
    while (all.hasNext()) {
      if (all.next().getValue().asInt() % 2 == odd) {
        all.remove();
      }
    }
  }

  private static void same(CompactMap map, Map<String, JsonNode> model, String name) {
    assertThat(map.size()).isEqualTo(model.size());
    assertThat(map.get(name)).isEqualTo(model.get(name));
    assertThat(map.containsKey(name)).isEqualTo(model.containsKey(name));
    assertThat(map).isEqualTo(model).hasSameHashCodeAs(model);
    assertThat(model).isEqualTo(map);
    assertThat(new ArrayList<>(map.keySet())).isEqualTo(new ArrayList<>(model.keySet()));
    assertThat(List.copyOf(map.values())).isEqualTo(List.copyOf(model.values()));
    Map<String, JsonNode> each = new LinkedHashMap<>();
    map.forEach(each::put);
    assertThat(List.copyOf(each.entrySet())).isEqualTo(List.copyOf(model.entrySet()));
  }

  @Test
  void anIteratorEndsAndRemovesWhatItGave() {
    CompactMap map = new CompactMap();
    assertThat(map.get(null)).isNull();
    Iterator<Map.Entry<String, JsonNode>> none = map.entrySet().iterator();
    assertThatThrownBy(none::next).isInstanceOf(NoSuchElementException.class);
    assertThatThrownBy(none::remove).isInstanceOf(IllegalStateException.class);
  }
}
