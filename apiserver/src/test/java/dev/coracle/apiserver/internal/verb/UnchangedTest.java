package dev.coracle.apiserver.internal.verb;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.patch.MergePatch;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
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

  /** A part in which nothing is left is left out as empty, but it was only not looked at. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{'op':'add','path':'/spec/paused','value':true}]",
        "[{'op':'replace','path':'/spec/selector/matchLabels/a','value':'c'}]",
        "[{'op':'remove','path':'/spec/selector/matchLabels/a'}]",
        "[{'op':'remove','path':'/spec/template'}]",
        "[{'op':'add','path':'/spec/template/spec/nodeSelector','value':{}}]",
        "[{'op':'remove','path':'/spec/template/spec/nodeSelector/n'}]",
        "[{'op':'replace','path':'/status/conditions/0','value':{'type':'x'}}]",
        "[{'op':'remove','path':'/metadata/labels'},{'op':'remove','path':'/spec/paused'}]"
      })
  void ofATypedObjectTooItEqualsDecodingTheWhole(String patch) {
    var schema =
        java.util.Objects.requireNonNull(
            SchemaTable.kubernetes().definition(GroupVersionKind.of("apps/v1", "Deployment")));
    ObjectNode before =
        Decoder.decode(
                Json.parseObject(
                    """
                    {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"l": "m"}},
                     "spec": {"paused": true, "selector": {"matchLabels": {"a": "b"}}, "template": {"spec":
                      {"nodeSelector": {"n": "o"}, "containers": [{"name": "c"}]}}},
                     "status": {"conditions": [{"type": "y", "status": "True"}]}}
                    """),
                schema)
            .tree();
    ObjectNode result = (ObjectNode) JsonPatch.apply(before, Json.parse(patch.replace('\'', '"')));
    ObjectNode got = Unchanged.around(result, before, part -> Decoder.decode(part, schema).tree());
    ObjectNode whole = Decoder.decode(result, schema).tree();
    assertThat(got.equals(whole)).as("%s is %s", got, whole).isTrue();
  }
}
