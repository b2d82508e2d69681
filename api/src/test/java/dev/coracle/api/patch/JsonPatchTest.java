package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonPatchTest {

  private static String apply(String target, String patch) {
    return JsonPatch.apply(
            Json.parse(target.replace('\'', '"')), Json.parse(patch.replace('\'', '"')))
        .toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'a':1} | [{'op':'add','path':'/b','value':[1]}] | {'a':1,'b':[1]}",
        "{'a':1} | [{'op':'add','path':'/b'}] | {'a':1,'b':null}",
        "{'a':1} | [{'op':'replace','path':'/a'}] | {'a':null}",
        "{'a':[1,2]} | [{'op':'add','path':'/a/1','value':9}] | {'a':[1,9,2]}",
        "{'a':[1,2]} | [{'op':'add','path':'/a/-','value':9}] | {'a':[1,2,9]}",
        "{'a':[1,2]} | [{'op':'remove','path':'/a/0'}] | {'a':[2]}",
        "{'a':{'b':1}} | [{'op':'replace','path':'/a/b','value':null}] | {'a':{'b':null}}",
        "{'a':1,'b':{}} | [{'op':'move','from':'/a','path':'/b/c'}] | {'b':{'c':1}}",
        "{'a':{'x':1}} | [{'op':'copy','from':'/a','path':'/b'}] | {'a':{'x':1},'b':{'x':1}}",
        "{'a/b':1,'m~n':2} | [{'op':'test','path':'/a~1b','value':1.0},{'op':'remove','path':'/m~0n'}] | {'a/b':1}",
        "{'a':1} | [{'op':'test','path':'/zz','value':null}] | {'a':1}",
        "{'a':[1,2]} | [{'op':'replace','path':'/a/-1','value':3}] | {'a':[1,3]}",
      })
  void applies(String target, String patch, String result) {
    assertThat(apply(target, patch)).isEqualTo(result.replace('\'', '"'));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{'op':'remove','path':'/zz'}]",
        "[{'op':'replace','path':'/zz','value':1}]",
        "[{'op':'test','path':'/a','value':2}]",
        "[{'op':'add','path':'/l/9','value':1}]",
        "[{'op':'add','path':'/l/01','value':1}]",
        "[{'op':'add','path':'/x/y/z','value':1}]",
        "[{'op':'frob','path':'/a'}]",
        "[{'op':'add','path':'a','value':1}]",
        "[{'op':'move','from':'/o','path':'/o/p'}]",
        "[{'op':'remove','path':''}]",
        "[1]"
      })
  void refusesWhatDoesNotFit(String patch) {
    assertThatThrownBy(() -> apply("{'a':1,'l':[1],'o':{}}", patch))
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.status().code()).isEqualTo(422));
  }

  @Test
  void leavesItsInputAlone() {
    JsonNode target = Json.parse("{\"a\":{\"b\":[1]}}");
    JsonNode before = target.deepCopy();
    JsonPatch.apply(target, Json.parse("[{\"op\":\"add\",\"path\":\"/a/b/0\",\"value\":7}]"));
    assertThat(target).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void mergePatchAgreesWithTheRfcsOwnAlgorithm(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      JsonNode target = RandomTrees.value(random, 4, true);
      JsonNode patch = RandomTrees.value(random, 4, true);
      JsonNode copy = target.deepCopy();
      assertThat(MergePatch.apply(target, patch))
          .as("seed %d: %s + %s", seed, target, patch)
          .isEqualTo(rfc7386(target, patch));
      assertThat(target).isEqualTo(copy);
    }
  }

  private static JsonNode rfc7386(JsonNode target, JsonNode patch) {
    if (!patch.isObject()) {
      return patch;
    }
    ObjectNode out = target.isObject() ? target.deepCopy() : Json.object();
    patch
        .fieldNames()
        .forEachRemaining(name -> {
          JsonNode value = patch.get(name);
          if (value.isNull()) {
            out.remove(name);
          } else {
            JsonNode at = out.get(name);
            out.set(name, rfc7386(at == null ? Json.NODES.nullNode() : at, value));
          }
        });
    return out;
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13})
  void nothingButAStatusEverComesOutOfRandomPatches(long seed) {
    Random random = new Random(seed);
    String[] ops = {"add", "remove", "replace", "move", "copy", "test", ""};
    String[] paths = {
      "", "/a", "/b/0", "/b/-", "/b/-1", "/a/b", "/a/b/c", "/", "~", "/99999999999"
    };
    for (int i = 0; i < 500; i++) {
      ArrayNode patch = Json.array();
      for (int k = random.nextInt(4); k >= 0; k--) {
        ObjectNode op = patch.addObject();
        op.put("op", ops[random.nextInt(ops.length)])
            .put("path", paths[random.nextInt(paths.length)]);
        op.put("from", paths[random.nextInt(paths.length)]);
        op.set("value", RandomTrees.value(random, 2, true));
      }
      try {
        JsonPatch.apply(RandomTrees.value(random, 4, true), patch);
      } catch (StatusException e) {
        assertThat(e.status().code()).as("seed %d %s", seed, patch).isLessThan(500);
      }
    }
  }
}
