package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.schema.SchemaType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The list half of strategic merge patch. An empty merge key means a list of scalars. */
final class StrategicLists {

  private StrategicLists() {}

  static List<String> names(ObjectNode node) {
    List<String> out = new ArrayList<>(node.size());
    node.fieldNames().forEachRemaining(out::add);
    return out;
  }

  /** Merges item by item, then gives the patch's items the patch's order. */
  static ArrayNode merge(
      ArrayNode target, ArrayNode patch, String key, @Nullable SchemaType itemType) {
    ArrayNode before = Json.array().addAll(target);
    ArrayNode items = Json.array();
    ArrayNode merged = Json.array();
    if (key.isEmpty()) {
      if (isObjects(patch) || isObjects(target)) {
        throw StatusException.of(
            StatusReason.INVALID, "cannot merge lists without merge key for " + itemType);
      }
      addDistinct(merged, target);
      addDistinct(merged, patch);
      items = patch;
    } else {
      boolean replace = false;
      List<JsonNode> deleted = new ArrayList<>();
      for (JsonNode item : patch) {
        if (!(item instanceof ObjectNode o)) {
          throw StatusException.of(StatusReason.INVALID, "expected an object in a list of objects");
        }
        switch (o.path(StrategicMergePatch.DIRECTIVE).asText("")) {
          case "" -> items.add(o);
          case "merge" -> items.add(without(o));
          case "delete" -> deleted.add(keyOf(o, key));
          case "replace" -> {
            replace = true;
            ObjectNode rest = without(o);
            if (!rest.isEmpty()) {
              items.add(rest);
            }
          }
          default -> throw StrategicMergePatch.badPatchType(o.path(StrategicMergePatch.DIRECTIVE));
        }
      }
      if (replace) {
        return plain(items, itemType);
      }
      for (JsonNode item : target) {
        if (deleted.stream().noneMatch(d -> Trees.equal(d, item.path(key)))) {
          merged.add(item);
        }
      }
      for (JsonNode item : items) {
        JsonNode id = keyOf(item, key);
        int at = find(merged, id, key);
        ObjectNode change = (ObjectNode) item;
        if (at >= 0 && merged.get(at) instanceof ObjectNode present) {
          merged.set(at, StrategicMergePatch.merge(present, change.deepCopy(), itemType));
        } else {
          merged.add(StrategicMergePatch.merge(Json.object(), change.deepCopy(), itemType));
        }
      }
    }
    return ordered(merged, items, before, key);
  }

  /** The items of a list that replaces another: directives in them take effect on nothing. */
  static ArrayNode plain(ArrayNode patch, @Nullable SchemaType itemType) {
    ArrayNode out = Json.array();
    for (JsonNode item : patch) {
      if (item instanceof ObjectNode o) {
        String directive = o.path(StrategicMergePatch.DIRECTIVE).asText("");
        if (directive.equals("delete") || directive.equals("replace") && o.size() == 1) {
          continue;
        }
        out.add(StrategicMergePatch.merge(Json.object(), o, itemType));
      } else {
        out.add(item);
      }
    }
    return out;
  }

  /** The scalars of a list that are not in the other. */
  static ArrayNode without(ArrayNode list, ArrayNode gone) {
    ArrayNode out = Json.array();
    for (JsonNode item : list) {
      if (find(gone, item, "") < 0) {
        out.add(item);
      }
    }
    return out;
  }

  private static ObjectNode without(ObjectNode item) {
    ObjectNode out = item.deepCopy();
    out.remove(StrategicMergePatch.DIRECTIVE);
    return out;
  }

  /**
   * Items named by {@code order} take its order, the others keep the one they had {@code before},
   * and both are interleaved so that, where both were there before, the old order holds.
   */
  static ArrayNode ordered(ArrayNode merged, ArrayNode order, ArrayNode before, String key) {
    List<JsonNode> named = new ArrayList<>();
    List<JsonNode> others = new ArrayList<>();
    for (JsonNode item : merged) {
      (find(order, id(item, key), key) >= 0 ? named : others).add(item);
    }
    named.sort(Comparator.comparingInt(i -> find(order, id(i, key), key)));
    others.sort(Comparator.comparingInt(i -> find(before, id(i, key), key)));
    ArrayNode out = Json.array();
    int i = 0;
    int j = 0;
    while (i < others.size() || j < named.size()) {
      boolean takeOther;
      if (i >= others.size() || j >= named.size()) {
        takeOther = j >= named.size();
      } else {
        int l = find(before, id(others.get(i), key), key);
        int r = find(before, id(named.get(j), key), key);
        takeOther = l >= 0 && r >= 0 && l < r;
      }
      out.add(takeOther ? others.get(i++) : named.get(j++));
    }
    return out;
  }

  /** Every item of the patch must stand in the order list, in the same order. */
  static void checkOrder(ArrayNode items, ArrayNode order, String key) {
    int last = -1;
    for (JsonNode item : items) {
      if (item instanceof ObjectNode o && o.has(StrategicMergePatch.DIRECTIVE)) {
        continue;
      }
      int at = find(order, id(item, key), key);
      if (at < 0 || at < last) {
        throw StrategicMergePatch.badOrder();
      }
      last = at;
    }
  }

  private static boolean isObjects(ArrayNode list) {
    return !list.isEmpty() && list.get(0).isObject();
  }

  private static void addDistinct(ArrayNode out, ArrayNode from) {
    for (JsonNode item : from) {
      if (find(out, item, "") < 0) {
        out.add(item);
      }
    }
  }

  private static JsonNode keyOf(JsonNode item, String key) {
    JsonNode value = item.get(key);
    if (value == null) {
      throw StatusException.of(
          StatusReason.INVALID, "map: " + item + " does not contain declared merge key: " + key);
    }
    return value;
  }

  private static JsonNode id(JsonNode item, String key) {
    return key.isEmpty() ? item : item.path(key);
  }

  /** Where an item of this identity stands; -1 where it does not. */
  private static int find(ArrayNode list, JsonNode id, String key) {
    for (int i = 0; i < list.size(); i++) {
      if (Trees.equal(id(list.get(i), key), id)) {
        return i;
      }
    }
    return -1;
  }
}
