package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** JSON patches against RFC 6902 written down once more, operation by operation. */
class JsonPatchModelTest {

  /** The patch cannot be applied. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void agreesWithTheRfc(long seed) {
    Random random = new Random(seed);
    int applied = 0;
    for (int i = 0; i < 1500; i++) {
      JsonNode target = RandomTrees.value(random, 4, true);
      ArrayNode patch = Json.array();
      for (int k = random.nextInt(3); k >= 0; k--) {
        patch.add(operation(random, target));
      }
      String as = "seed " + seed + ": " + target + " + " + patch;
      JsonNode expected = expected(target, patch);
      JsonNode got;
      try {
        got = JsonPatch.apply(target, patch);
      } catch (StatusException e) {
        got = null;
      }
      assertThat(got).as(as).isEqualTo(expected);
      applied += expected == null ? 0 : 1;
    }
    assertThat(applied).isGreaterThan(300);
  }

  private static ObjectNode operation(Random random, JsonNode target) {
    ObjectNode op = Json.object();
    String path = path(random, target);
    op.put("path", path);
    switch (random.nextInt(7)) {
      case 0, 1 -> op.put("op", "add").set("value", RandomTrees.value(random, 2, true));
      case 2 -> op.put("op", "remove");
      case 3 -> op.put("op", "replace").set("value", RandomTrees.value(random, 2, true));
      case 4 -> op.put("op", "move").put("from", path(random, target));
      case 5 -> op.put("op", "copy").put("from", path(random, target));
      default -> {
        // Never null where nothing may be: upstream's library takes an absent value for one.
        JsonNode there = target.at(path);
        op.put("op", "test");
        op.set(
            "value",
            there.isMissingNode() || there.isNull() || random.nextInt(4) == 0
                ? RandomTrees.value(random, 1, false)
                : there.deepCopy());
      }
    }
    return op;
  }

  /** Mostly of something that is there, or right beside it. */
  private static String path(Random random, JsonNode target) {
    StringBuilder out = new StringBuilder();
    JsonNode at = target;
    while (at.isContainerNode() && random.nextInt(4) > 0) {
      if (at instanceof ArrayNode list) {
        int index = random.nextInt(list.size() + 1);
        out.append('/').append(random.nextInt(9) == 0 ? "-" : Integer.toString(index));
        at = list.path(index);
      } else {
        String name = String.valueOf((char) ('a' + random.nextInt(5)));
        out.append('/').append(name);
        at = at.path(name);
      }
    }
    return out.toString();
  }

  private static @Nullable JsonNode expected(JsonNode target, ArrayNode patch) {
    JsonNode[] root = {target.deepCopy()};
    try {
      for (JsonNode op : patch) {
        List<String> path = steps(op.path("path").asText());
        switch (op.path("op").asText()) {
          case "add" -> add(root, path, op.get("value"));
          case "remove" -> remove(root, path);
          case "replace" -> {
            // Upstream's library takes the root's replacement too.
            get(root[0], path);
            if (path.isEmpty()) {
              root[0] = op.get("value").deepCopy();
            } else {
              remove(root, path);
              add(root, path, op.get("value"));
            }
          }
          case "move" -> {
            List<String> from = steps(op.path("from").asText());
            // The root cannot be moved away, to upstream's library not even onto itself.
            if (from.isEmpty()
                || path.size() > from.size() && path.subList(0, from.size()).equals(from)) {
              throw new Refused();
            }
            JsonNode moved = get(root[0], from);
            if (!from.equals(path)) {
              remove(root, from);
              add(root, path, moved);
            }
          }
          case "copy" -> add(root, path, get(root[0], steps(op.path("from").asText())));
          default -> {
            if (!Trees.equal(get(root[0], path), op.get("value"))) {
              throw new Refused();
            }
          }
        }
      }
      return root[0];
    } catch (Refused e) {
      return null;
    }
  }

  private static List<String> steps(String pointer) {
    List<String> out = new ArrayList<>();
    if (!pointer.isEmpty()) {
      for (String step : pointer.substring(1).split("/", -1)) {
        out.add(step.replace("~1", "/").replace("~0", "~"));
      }
    }
    return out;
  }

  private static JsonNode get(JsonNode root, List<String> path) throws Refused {
    JsonNode at = root;
    for (String step : path) {
      at = at instanceof ArrayNode list ? list.get(index(step, list.size() - 1)) : at.path(step);
      if (at.isMissingNode()) {
        throw new Refused();
      }
    }
    return at;
  }

  private static int index(String step, int most) throws Refused {
    if (!step.matches("0|[1-9][0-9]{0,6}") || Integer.parseInt(step) > most) {
      throw new Refused();
    }
    return Integer.parseInt(step);
  }

  private static void add(JsonNode[] root, List<String> path, JsonNode value) throws Refused {
    if (path.isEmpty()) {
      root[0] = value.deepCopy();
      return;
    }
    String last = path.getLast();
    switch (get(root[0], path.subList(0, path.size() - 1))) {
      case ObjectNode object -> object.set(last, value.deepCopy());
      case ArrayNode list ->
          list.insert(last.equals("-") ? list.size() : index(last, list.size()), value.deepCopy());
      default -> throw new Refused();
    }
  }

  private static void remove(JsonNode[] root, List<String> path) throws Refused {
    get(root[0], path);
    if (path.isEmpty()) {
      throw new Refused();
    }
    String last = path.getLast();
    switch (get(root[0], path.subList(0, path.size() - 1))) {
      case ObjectNode object -> object.remove(last);
      case ArrayNode list -> list.remove(index(last, list.size() - 1));
      default -> throw new Refused();
    }
  }
}
