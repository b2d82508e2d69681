package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The list half of strategic merge patch. An empty merge key means a list of scalars. */
final class StrategicLists {

  /**
   * @param at where it goes among its own
   * @param before where it stood; -1 where it did not
   */
  private record Placed(JsonNode item, int at, int before) {}

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
    boolean objects = isObjects(target, patch);
    if (!objects) {
      Positions known = Positions.of(merged, key);
      addDistinct(merged, target, known);
      addDistinct(merged, patch, known);
      items = patch;
    } else if (key.isEmpty()) {
      throw StrategicMergePatch.unfit("cannot merge lists without merge key for " + itemType);
    } else {
      boolean replace = false;
      Set<Object> deleted = new HashSet<>();
      for (JsonNode item : patch) {
        ObjectNode o = (ObjectNode) item;
        switch (o.path(StrategicMergePatch.DIRECTIVE).asText("")) {
          case "" -> items.add(o);
          case "merge" ->
              throw StrategicMergePatch.unfit("merging lists cannot yet be specified in the patch");
          case "delete" -> deleted.add(Positions.identity(keyOf(o, key)));
          case "replace" -> replace = true;
          default -> throw StrategicMergePatch.badPatchType(o);
        }
      }
      if (replace) {
        return plain(items, itemType);
      }
      for (JsonNode item : target) {
        if (!deleted.contains(Positions.identity(item.path(key)))) {
          merged.add(item);
        }
      }
      Positions known = Positions.of(merged, key);
      for (JsonNode item : items) {
        int at = known.note(keyOf(item, key), merged.size());
        ObjectNode change = (ObjectNode) item;
        if (at < merged.size() && merged.get(at) instanceof ObjectNode present) {
          merged.set(at, StrategicMergePatch.merge(present, change.deepCopy(), itemType));
        } else {
          merged.add(StrategicMergePatch.brought(change));
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
    Positions leaving = Positions.of(gone, "");
    ArrayNode out = Json.array();
    for (JsonNode item : list) {
      if (leaving.of(item) < 0) {
        out.add(item);
      }
    }
    return out;
  }

  /**
   * Items named by {@code order} take its order, the others keep the one they had {@code before},
   * and both are interleaved so that, where both were there before, the old order holds.
   */
  static ArrayNode ordered(ArrayNode merged, ArrayNode order, ArrayNode before, String key) {
    Positions ordered = Positions.of(order, key);
    Positions was = Positions.of(before, key);
    List<Placed> named = new ArrayList<>();
    List<Placed> others = new ArrayList<>();
    for (JsonNode item : merged) {
      int at = ordered.ofItem(item);
      int old = was.ofItem(item);
      if (at >= 0) {
        named.add(new Placed(item, at, old));
      } else {
        others.add(new Placed(item, old, old));
      }
    }
    named.sort(Comparator.comparingInt(Placed::at));
    others.sort(Comparator.comparingInt(Placed::at));
    ArrayNode out = Json.array();
    int i = 0;
    int j = 0;
    while (i < others.size() || j < named.size()) {
      boolean takeOther;
      if (i >= others.size() || j >= named.size()) {
        takeOther = j >= named.size();
      } else {
        int l = others.get(i).before();
        int r = named.get(j).before();
        takeOther = l >= 0 && r >= 0 && l < r;
      }
      out.add((takeOther ? others.get(i++) : named.get(j++)).item());
    }
    return out;
  }

  /** Every item of the patch must stand in the order list, in the same order. */
  static void checkOrder(ArrayNode items, ArrayNode order, String key) {
    Positions ordered = Positions.of(order, key);
    int last = -1;
    for (JsonNode item : items) {
      if (item instanceof ObjectNode o && o.has(StrategicMergePatch.DIRECTIVE)) {
        continue;
      }
      int at = ordered.ofItem(item);
      if (at < 0 || at < last) {
        throw StrategicMergePatch.unfit(
            "The order in patch list:\n"
                + GoText.of(items)
                + "\n doesn't match $setElementOrder list:\n"
                + GoText.of(order)
                + "\n");
      }
      last = at;
    }
  }

  private static boolean isObjects(ArrayNode target, ArrayNode patch) {
    String type = "";
    for (ArrayNode list : List.of(target, patch)) {
      for (JsonNode item : list) {
        String is = GoText.typeOf(item);
        if (!type.isEmpty() && !type.equals(is)) {
          throw StrategicMergePatch.unfit(
              "list element types are not identical: ["
                  + GoText.of(target)
                  + " "
                  + GoText.of(patch)
                  + "]");
        }
        type = is;
      }
    }
    return type.startsWith("map");
  }

  private static void addDistinct(ArrayNode out, ArrayNode from, Positions known) {
    for (JsonNode item : from) {
      if (known.note(item, out.size()) == out.size()) {
        out.add(item);
      }
    }
  }

  private static JsonNode keyOf(JsonNode item, String key) {
    JsonNode value = item.get(key);
    if (value == null) {
      throw StrategicMergePatch.unfit(
          "map: " + GoText.of(item) + " does not contain declared merge key: " + key);
    }
    return value;
  }
}
