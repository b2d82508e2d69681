package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private static final String ORDER = "$setElementOrder/";
  private static final String RETAIN = "$retainKeys";
  private static final String DELETE = "$deleteFromPrimitiveList/";
  private static final List<String> SOURCES = List.of("emptyDir", "hostPath", "configMap");

  /** The patch is not one. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithTheRules(long seed) {
    Random random = new Random(seed);
    int applied = 0;
    int refused = 0;
    for (int i = 0; i < 1000; i++) {
      ObjectNode target = pod(random, false);
      ObjectNode patch = pod(random, true);
      String as = "seed " + seed + ": " + target + " + " + patch;
      ObjectNode expected;
      try {
        expected = object(target, patch);
      } catch (Refused e) {
        refused++;
        assertThatThrownBy(() -> StrategicMergePatch.apply(target, patch, POD))
            .as(as)
            .isInstanceOf(StatusException.class)
            .hasMessageMatching(
                "(?s)invalid patch format of retainKeys|The order in patch list:.*");
        continue;
      }
      applied++;
      ObjectNode got = StrategicMergePatch.apply(target, patch, POD);
      assertThat(unordered("", got)).as(as).isEqualTo(unordered("", expected));
      hasTheOrderOfTheRules("containers", "/spec", "name", target, patch, got, as);
      hasTheOrderOfTheRules("volumes", "/spec", "name", target, patch, got, as);
      hasTheOrderOfTheRules("finalizers", "/metadata", "", target, patch, got, as);
    }
    assertThat(applied).isGreaterThan(400);
    assertThat(refused).isGreaterThan(20);
  }

  private static ObjectNode pod(Random random, boolean patch) {
    ObjectNode pod = Json.object();
    ObjectNode metadata = pod.putObject("metadata");
    map(random, patch, metadata.putObject("labels"));
    if (patch && random.nextInt(4) == 0) {
      metadata.putArray(DELETE + "finalizers").add("f" + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      ArrayNode finalizers = metadata.putArray("finalizers");
      distinct(random, "f").forEach(finalizers::add);
      if (patch && random.nextInt(3) == 0) {
        order(random, metadata, "finalizers", "");
      }
    }
    ObjectNode spec = pod.putObject("spec");
    if (random.nextBoolean()) {
      map(random, patch, spec.putObject("nodeSelector"));
    }
    if (patch && random.nextInt(5) == 0) {
      spec.putNull("containers");
    } else {
      containers(random, patch, spec.putArray("containers"));
      if (patch && random.nextInt(3) == 0) {
        order(random, spec, "containers", "name");
      }
    }
    if (random.nextBoolean()) {
      volumes(random, patch, spec.putArray("volumes"));
      if (patch && random.nextInt(3) == 0) {
        order(random, spec, "volumes", "name");
      }
    }
    return pod;
  }

  /** Of one source each; a patch that changes the source names what is to stay. */
  private static void volumes(Random random, boolean patch, ArrayNode out) {
    for (String name : distinct(random, "v")) {
      ObjectNode volume = out.addObject().put("name", name);
      if (patch && random.nextInt(5) == 0) {
        volume.put("$patch", "delete");
        continue;
      }
      String source = SOURCES.get(random.nextInt(SOURCES.size()));
      volume.putObject(source).put("x", "" + random.nextInt(3));
      if (patch && random.nextInt(2) == 0) {
        ArrayNode keys = volume.putArray(RETAIN).add("name");
        // Sometimes it forgets what the patch itself sets.
        keys.add(random.nextInt(9) == 0 ? "nothing" : source);
      }
    }
  }

  /** An order of the items of a patch and of others; seldom one that the items do not have. */
  private static void order(Random random, ObjectNode in, String field, String key) {
    List<String> names = new ArrayList<>();
    for (JsonNode item : in.path(field)) {
      if (!item.has("$patch")) {
        names.add(key.isEmpty() ? item.asText() : item.path(key).asText());
      }
    }
    String prefix = field.substring(0, 1);
    for (int i = 0; i < 4; i++) {
      String other = prefix + i;
      if (!names.contains(other) && random.nextBoolean()) {
        names.add(random.nextInt(names.size() + 1), other);
      }
    }
    if (names.size() > 1 && random.nextInt(8) == 0) {
      names.add(names.removeFirst());
    }
    ArrayNode order = in.putArray(ORDER + field);
    for (String name : names) {
      if (key.isEmpty()) {
        order.add(name);
      } else {
        order.addObject().put(key, name);
      }
    }
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
    if (patch.has(RETAIN)) {
      List<String> keys = texts(patch.path(RETAIN), "");
      patch.forEachEntry((name, value) -> {
        if (!name.startsWith("$") && !value.isNull() && !keys.contains(name)) {
          throw new Refused();
        }
      });
      out.retain(keys);
    }
    for (String name : fields(patch)) {
      if (name.startsWith(ORDER)) {
        String field = name.substring(ORDER.length());
        checkOrder(patch.path(field), texts(patch.get(name), key(field)), key(field));
      }
    }
    deleteScalars(out, patch, false);
    patch.forEachEntry((name, value) -> {
      if (name.startsWith("$")) {
        return;
      }
      // A map that replaces another is taken as it is, with its nulls.
      JsonNode before = out.remove(name);
      if (directive.equals("replace")) {
        out.set(name, value);
      } else if (value instanceof ObjectNode o && before instanceof ObjectNode t) {
        out.set(name, object(t, o));
      } else if (value instanceof ArrayNode a && before instanceof ArrayNode t) {
        out.set(name, list(name, t, a));
      } else {
        brought(value).ifPresent(b -> out.set(name, b));
      }
    });
    deleteScalars(out, patch, true);
    return out;
  }

  /** New values come without nulls, and without objects that have a directive. */
  private static Optional<JsonNode> brought(JsonNode value) {
    if (value.isNull() || value.has("$patch")) {
      return Optional.empty();
    }
    if (value instanceof ArrayNode list) {
      ArrayNode out = Json.array();
      list.forEach(item -> brought(item).ifPresent(out::add));
      return Optional.of(out);
    }
    if (value instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.forEachEntry((name, field) -> {
        if (!name.startsWith("$")) {
          brought(field).ifPresent(b -> out.set(name, b));
        }
      });
      return Optional.of(out);
    }
    return Optional.of(value);
  }

  /** After the list is merged where its order is given, else before. */
  private static void deleteScalars(ObjectNode out, ObjectNode patch, boolean ordered) {
    patch.forEachEntry((name, value) -> {
      if (name.startsWith(DELETE)) {
        String field = name.substring(DELETE.length());
        if (out.has(field) && patch.has(ORDER + field) == ordered) {
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
            (ObjectNode) brought(item).orElseThrow(),
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

  private static String key(String field) {
    return KEYS.getOrDefault(field, "");
  }

  private static List<String> fields(ObjectNode object) {
    List<String> out = new ArrayList<>();
    object.fieldNames().forEachRemaining(out::add);
    return out;
  }

  private static List<String> texts(JsonNode list, String key) {
    List<String> out = new ArrayList<>();
    for (JsonNode item : list) {
      out.add(key.isEmpty() ? item.asText() : item.path(key).asText());
    }
    return out;
  }

  /** What a patch sets has to be part of the order it asks for, and in it. */
  private static void checkOrder(JsonNode items, List<String> order, String key) {
    List<String> set = new ArrayList<>();
    for (JsonNode item : items) {
      if (!item.has("$patch")) {
        set.add(key.isEmpty() ? item.asText() : item.path(key).asText());
      }
    }
    if (!order.containsAll(set) || !order.stream().filter(set::contains).toList().equals(set)) {
      throw new Refused();
    }
  }

  /**
   * What the order names, the explicit one or that of the patch's items, stands in this order; what
   * it does not name in the order it had; and of one of each, if both were there before and come
   * together, the one that was first.
   */
  private static void hasTheOrderOfTheRules(
      String field,
      String place,
      String key,
      ObjectNode target,
      ObjectNode patch,
      ObjectNode got,
      String as) {
    JsonNode asked = patch.at(place);
    boolean explicit = asked.has(ORDER + field);
    List<String> order = texts(asked.path(explicit ? ORDER + field : field), key);
    List<String> before = texts(target.at(place).path(field), key);
    before.removeAll(texts(asked.path(DELETE + field), ""));
    List<String> now = texts(got.at(place).path(field), key);
    List<String> named = order.stream().filter(now::contains).toList();
    assertThat(now.stream().filter(named::contains).toList()).as(as).isEqualTo(named);
    List<String> others =
        before.stream().filter(b -> now.contains(b) && !order.contains(b)).toList();
    assertThat(now.stream().filter(others::contains).toList()).as(as).isEqualTo(others);
    for (int i = 0; i + 1 < now.size(); i++) {
      String first = now.get(i);
      String second = now.get(i + 1);
      boolean ofBoth = named.contains(first) && others.contains(second);
      if (ofBoth && before.contains(first)) {
        assertThat(before.indexOf(first)).as(as).isLessThan(before.indexOf(second));
      }
    }
  }
}
