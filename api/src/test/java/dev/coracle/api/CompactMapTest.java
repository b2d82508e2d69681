package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
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
      int names = 1 + random.nextInt(32);
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

  @Test
  void sharedNamesAreNobodysToChange() {
    byte[] json = "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}".getBytes(StandardCharsets.UTF_8);
    ObjectNode one = KubeObject.ofJson(json).tree();
    ObjectNode two = KubeObject.ofJson(json).tree();
    ObjectNode copy = one.deepCopy();
    assertThat(names(two)).isSameAs(names(one));
    assertThat(names(copy)).isSameAs(names(one));

    one.put("e", 4);
    ((ObjectNode) one.get("b")).remove("c");
    two.remove("a");
    copy.put("b", 9).removeAll();

    assertThat(one.toString()).isEqualTo("{\"a\":1,\"b\":{\"d\":3},\"e\":4}");
    assertThat(two.toString()).isEqualTo("{\"b\":{\"c\":2,\"d\":3}}");
    assertThat(copy).isEmpty();
    assertThat(KubeObject.ofJson(json).tree()).isEqualTo(Json.parse(json));
    assertThat(Json.bytes(KubeObject.ofJson(json).tree())).isEqualTo(json);
  }

  private static Object names(ObjectNode object) {
    return ((CompactObject) object).fieldMap().fullNames();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void objectsWriteAndCopyLikeJacksonsOwn(long seed) throws Exception {
    Random random = new Random(seed);
    ObjectMapper plain = new ObjectMapper();
    for (int i = 0; i < 500; i++) {
      ObjectNode model = JsonNodeFactory.instance.objectNode();
      fill(random, model, 3);
      String text = plain.writeValueAsString(model);
      ObjectNode compact = Json.parseObject(text);
      assertThat(compact).isInstanceOf(CompactObject.class).isEqualTo(model);
      assertThat(model).isEqualTo(compact);
      assertThat(plain.writeValueAsString(compact)).isEqualTo(text);
      assertThat(new String(Json.bytes(compact), StandardCharsets.UTF_8)).isEqualTo(text);
      assertThat(compact.toString()).isEqualTo(text);
      assertThat(compact.deepCopy().toString()).isEqualTo(text);
      assertThat(KubeObject.of(model).edit()).isEqualTo(model).isInstanceOf(CompactObject.class);
      assertThat(compact.hashCode()).isEqualTo(compact.deepCopy().hashCode());
    }
  }

  private static void fill(Random random, ObjectNode out, int depth) {
    int fields = random.nextInt(10) == 0 ? 40 : random.nextInt(6);
    for (int i = 0; i < fields; i++) {
      String name = "n" + random.nextInt(60);
      switch (random.nextInt(depth == 0 ? 4 : 6)) {
        case 0 -> out.put(name, random.nextInt());
        case 1 -> out.put(name, "t\"" + random.nextInt(9));
        case 2 -> out.putNull(name);
        case 3 -> out.put(name, random.nextBoolean());
        case 4 -> fill(random, out.putObject(name), depth - 1);
        default -> fill(random, out.putArray(name).add(1).addObject(), depth - 1);
      }
    }
  }
}
