package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Strategic merge patches of Pods against the rules of Kubernetes' documentation ("Update API
 * Objects in Place Using kubectl patch", and the directives of "Strategic Merge Patch"), written
 * down once more over values and with a table of their own.
 */
class StrategicMergeModelTest {

  private static final SchemaType POD =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow().schema();

  /** Lists that are merged item by item, by this field of the items. */
  private static final Map<String, String> KEYS =
      Map.of("containers", "name", "env", "name", "volumes", "name", "tolerations", "");

  private static final Set<String> PRIMITIVE = Set.of("finalizers");

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithTheRules(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 800; i++) {
      ObjectNode target = pod(random, false);
      ObjectNode patch = pod(random, true);
      String as = "seed " + seed + ": " + target + " + " + patch;
      ObjectNode got = StrategicMergePatch.apply(target, patch, POD);
      assertThat(unordered("", got)).as(as).isEqualTo(unordered("", object(target, patch)));
      keepsTheOrderOfWhatStays(target, patch, got, as);
    }
  }

  private static ObjectNode pod(Random random, boolean patch) {
    ObjectNode pod = Json.object();
    ObjectNode metadata = pod.putObject("metadata");
    map(random, patch, metadata.putObject("labels"));
    if (patch && random.nextInt(4) == 0) {
      metadata.putArray("$deleteFromPrimitiveList/finalizers").add("f" + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      ArrayNode finalizers = metadata.putArray("finalizers");
      distinct(random, "f").forEach(finalizers::add);
    }
    ObjectNode spec = pod.putObject("spec");
    if (random.nextBoolean()) {
      map(random, patch, spec.putObject("nodeSelector"));
    }
    if (patch && random.nextInt(5) == 0) {
      spec.putNull("containers");
    } else {
      containers(random, patch, spec.putArray("containers"));
    }
    return pod;
  }

  private static void map(Random random, boolean patch, ObjectNode out) {
    if (patch && random.nextInt(5) == 0) {
      out.put("$patch", random.nextBoolean() ? "replace" : "delete");
    }
    for (String key : distinct(random, "k")) {
      if (patch && random.nextInt(3) == 0) {
        out.putNull(key);
      } else {
        out.put(key, "v" + random.nextInt(3));
      }
    }
  }

  private static List<String> distinct(Random random, String prefix) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      if (random.nextBoolean()) {
        out.add(random.nextInt(out.size() + 1), prefix + i);
      }
    }
    return out;
  }

  private static void containers(Random random, boolean patch, ArrayNode out) {
    for (String name : distinct(random, "c")) {
      ObjectNode container = out.addObject().put("name", name);
      if (patch && random.nextInt(4) == 0) {
        container.put("$patch", "delete");
        continue;
      }
      if (random.nextBoolean()) {
        container.put("image", "i" + random.nextInt(3));
      }
      if (random.nextBoolean()) {
        ArrayNode args = container.putArray("args");
        distinct(random, "a").forEach(args::add);
      }
      if (random.nextBoolean()) {
        ArrayNode env = container.putArray("env");
        for (String variable : distinct(random, "E")) {
          ObjectNode e = env.addObject().put("name", variable).put("value", "" + random.nextInt(3));
          if (patch && random.nextInt(4) == 0) {
            e.put("$patch", "delete");
          }
        }
        if (patch && random.nextInt(6) == 0) {
          env.addObject().put("$patch", "replace");
        }
      }
    }
    if (patch && random.nextInt(8) == 0) {
      out.addObject().put("$patch", "replace");
    }
  }

  private static ObjectNode object(ObjectNode target, ObjectNode patch) {
    String directive = patch.path("$patch").asText("");
    if (directive.equals("delete")) {
      return Json.object();
    }
    ObjectNode out = directive.equals("replace") ? Json.object() : target.deepCopy();
    patch.forEachEntry((name, value) -> {
      if (name.startsWith("$deleteFromPrimitiveList/")) {
        String field = name.substring(name.indexOf('/') + 1);
        if (out.has(field)) {
          ArrayNode left = Json.array();
          for (JsonNode one : out.get(field)) {
            if (!contains(value, one)) {
              left.add(one);
            }
          }
          out.set(field, left);
        }
      }
    });
    patch.forEachEntry((name, value) -> {
      if (name.startsWith("$")) {
        return;
      }
      // A map that replaces another is taken as it is, with its nulls.
      if (value.isNull() && !directive.equals("replace")) {
        out.remove(name);
      } else if (value instanceof ObjectNode o) {
        out.set(name, object(out.get(name) instanceof ObjectNode t ? t : Json.object(), o));
      } else if (value instanceof ArrayNode a) {
        ArrayNode before = out.get(name) instanceof ArrayNode t ? t : Json.array();
        out.set(name, list(name, before, a));
      } else {
        out.set(name, value);
      }
    });
    return out;
  }

  private static boolean contains(JsonNode list, JsonNode one) {
    for (JsonNode item : list) {
      if (item.equals(one)) {
        return true;
      }
    }
    return false;
  }

  private static ArrayNode list(String name, ArrayNode before, ArrayNode patch) {
    if (PRIMITIVE.contains(name)) {
      ArrayNode out = before.deepCopy();
      patch.forEach(p -> {
        if (!contains(out, p)) {
          out.add(p);
        }
      });
      return out;
    }
    String key = KEYS.getOrDefault(name, "");
    if (key.isEmpty()) {
      return patch;
    }
    Map<String, ObjectNode> out = new LinkedHashMap<>();
    boolean replace = false;
    for (JsonNode item : patch) {
      replace |= item.path("$patch").asText("").equals("replace");
    }
    if (!replace) {
      before.forEach(item -> out.put(item.path(key).asText(), (ObjectNode) item));
      for (JsonNode item : patch) {
        if (item.path("$patch").asText("").equals("delete")) {
          out.remove(item.path(key).asText());
        }
      }
    }
    for (JsonNode item : patch) {
      if (item.path("$patch").asText("").isEmpty()) {
        out.merge(
            item.path(key).asText(),
            object(Json.object(), (ObjectNode) item),
            (was, _) -> object(was, (ObjectNode) item));
      }
    }
    return Json.array().addAll(out.values());
  }

  /** With keyed and primitive lists as sorted lists: their order is another rule. */
  private static JsonNode unordered(String name, JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.forEachEntry((field, value) -> out.set(field, unordered(field, value)));
      return out;
    }
    if (node instanceof ArrayNode list) {
      List<JsonNode> items = new ArrayList<>();
      list.forEach(item -> items.add(unordered("", item)));
      if (KEYS.containsKey(name) || PRIMITIVE.contains(name)) {
        items.sort((a, b) -> order(a).compareTo(order(b)));
      }
      return Json.array().addAll(items);
    }
    return node;
  }

  private static String order(JsonNode item) {
    return item.isObject() ? item.path("name").asText() : item.asText();
  }

  /** Containers that the patch does not name stand in the order they had. */
  private static void keepsTheOrderOfWhatStays(
      ObjectNode target, ObjectNode patch, ObjectNode got, String as) {
    List<String> before = names(target);
    before.removeAll(names(patch));
    List<String> after = names(got);
    before.retainAll(after);
    after.retainAll(before);
    assertThat(after).as(as).isEqualTo(before);
  }

  private static List<String> names(ObjectNode pod) {
    List<String> out = new ArrayList<>();
    pod.path("spec").path("containers").forEach(c -> out.add(c.path("name").asText()));
    return out;
  }
}
