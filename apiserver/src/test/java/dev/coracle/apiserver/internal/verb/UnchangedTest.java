package dev.coracle.apiserver.internal.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.patch.MergePatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same as if the whole object were decoded, and nothing of it is the old object's own but the
 * record of managers.
 */
class UnchangedTest {

  /** Decodes in a way that shows: prunes {@code gone}, nulls, and marks every text it saw. */
  private static ObjectNode decode(ObjectNode node, List<String> seen) {
    ObjectNode out = Json.object();
    node.forEachEntry((name, value) -> {
      if (!name.equals("gone") && !value.isNull()) {
        out.set(name, decode(value, seen));
      }
    });
    return out;
  }

  private static JsonNode decode(JsonNode value, List<String> seen) {
    if (value instanceof ObjectNode object) {
      return decode(object, seen);
    }
    seen.add(value.toString());
    return value.deepCopy();
  }

  private static ObjectNode random(Random random, int depth, boolean patch) {
    ObjectNode out = Json.object();
    int fields = random.nextInt(5);
    for (int i = 0; i < fields; i++) {
      String name = List.of("a", "b", "c", "d", "gone").get(random.nextInt(patch ? 5 : 4));
      switch (random.nextInt(depth == 0 ? 2 : 4)) {
        case 0 -> out.put(name, random.nextInt(3));
        case 1 -> out.putArray(name).add(random.nextInt(3)).addObject().put("x", 1);
        default -> out.set(name, random(random, depth - 1, patch));
      }
      if (patch && random.nextInt(4) == 0) {
        out.putNull(name);
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void equalsDecodingTheWhole(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      ObjectNode before = random(random, 3, false);
      String was = before.toString();
      ObjectNode result = (ObjectNode) MergePatch.apply(before, random(random, 3, true));
      ObjectNode whole = decode(result, new ArrayList<>());
      ObjectNode got = Unchanged.around(result, before, o -> decode(o, new ArrayList<>()));
      assertThat(got.toString()).as("seed %d", seed).isEqualTo(whole.toString());
      scribble(got);
      assertThat(before.toString()).isEqualTo(was);
    }
  }

  private static void scribble(JsonNode node) {
    node.forEach(UnchangedTest::scribble);
    if (node instanceof ObjectNode object) {
      object.put("scribbled", true);
    }
  }

  @org.junit.jupiter.api.Test
  void decodesOnlyWhatIsNew() {
    ObjectNode before =
        Json.parseObject("{\"spec\":{\"a\":1,\"b\":[2]},\"status\":{\"c\":3,\"d\":4}}");
    JsonNode patch = Json.parse("{\"status\":{\"c\":5}}");
    List<String> seen = new ArrayList<>();
    ObjectNode got =
        Unchanged.around(
            (ObjectNode) MergePatch.apply(before, patch), before, o -> decode(o, seen));
    assertThat(seen).containsExactly("5");
    assertThat(got.toString())
        .isEqualTo("{\"spec\":{\"a\":1,\"b\":[2]},\"status\":{\"c\":5,\"d\":4}}");
  }

  @org.junit.jupiter.api.Test
  void theRecordOfManagersIsTheOldObjectsOwn() {
    ObjectNode before =
        Json.parseObject(
            "{\"metadata\":{\"labels\":{\"a\":\"b\"},\"managedFields\":[{\"manager\":\"m\"}]}}");
    JsonNode patch = Json.parse("{\"metadata\":{\"labels\":{\"c\":\"d\"}}}");
    ObjectNode got =
        Unchanged.around(
            (ObjectNode) MergePatch.apply(before, patch),
            before,
            o -> decode(o, new ArrayList<>()));
    assertThat(got.at("/metadata/managedFields")).isSameAs(before.at("/metadata/managedFields"));
    assertThat(got.at("/metadata/labels")).isNotSameAs(before.at("/metadata/labels"));
  }
}
