package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a value is made of in the eyes of its schema: which parts merge piece by piece and which are
 * one value (structured-merge-diff's typed values). Fields without a schema merge as maps, and
 * lists without one are atomic.
 */
final class TypedTree {

  private TypedTree() {}

  static boolean isMap(@Nullable SchemaType type, JsonNode value) {
    return value instanceof ObjectNode && !isLeafType(type) && !isListType(type);
  }

  /** A map, or a null where there could be one. */
  static boolean isMapOrNull(@Nullable SchemaType type, JsonNode value) {
    return isMap(type, value)
        || value.isNull()
            && type != null
            && (type.kind() == Kind.OBJECT || type.kind() == Kind.MAP)
            && !type.atomic();
  }

  /** A list whose items have identities. */
  static boolean isKeyedList(@Nullable SchemaType type, JsonNode value) {
    return value instanceof ArrayNode && isListType(type);
  }

  private static boolean isListType(@Nullable SchemaType type) {
    return type != null && type.kind() == Kind.LIST && type.listType() != ListType.ATOMIC;
  }

  private static boolean isLeafType(@Nullable SchemaType type) {
    if (type == null) {
      return false;
    }
    if (type.atomic()) {
      return true;
    }
    return switch (type.kind()) {
      case OBJECT, MAP -> false;
      // Built-in raw fields are one value; a custom resource's free-form ones merge as maps.
      case RAW, RAW_OBJECT -> !type.structural();
      case LIST -> type.listType() == ListType.ATOMIC;
      default -> !type.structural();
    };
  }

  /** The items of a keyed list by their steps, in order; of equal ones the last is kept. */
  static Map<String, JsonNode> items(SchemaType list, ArrayNode value) {
    Map<String, JsonNode> out = LinkedHashMap.newLinkedHashMap(value.size());
    int index = 0;
    for (JsonNode item : value) {
      String step =
          list.listType() == ListType.SET ? PathStep.value(item) : PathStep.key(item, list);
      out.put(step == null ? "i:" + index : step, item);
      index++;
    }
    return out;
  }

  /** The paths a whole object sets; the object itself is none of them. */
  static FieldSet fieldSet(SchemaType type, JsonNode object) {
    FieldSet out = new FieldSet();
    if (!object.isEmpty()) {
      fields(type, object, out);
    }
    return out.prune();
  }

  private static void fields(@Nullable SchemaType type, JsonNode value, FieldSet out) {
    if (isMap(type, value) && !value.isEmpty()) {
      value.forEachEntry((name, child) -> {
        FieldSet at = out.at(PathStep.field(name));
        SchemaType childType = type == null ? null : type.child(name);
        fields(childType, child, at);
        boolean declared = type != null && type.field(name) != null;
        if (!declared || child.isNull() || child.isObject() && child.isEmpty()) {
          at.add();
        }
      });
    } else if (type != null && isKeyedList(type, value)) {
      // Of one without items there is no path.
      items(type, (ArrayNode) value)
          .forEach((step, item) -> {
            FieldSet at = out.at(step).add();
            if (item.isObject()) {
              fields(type.item(), item, at);
            }
          });
    } else {
      out.add();
    }
  }

  /** Merges a configuration into a value: what it says wins, what it does not say stays. */
  static JsonNode merge(@Nullable SchemaType type, @Nullable JsonNode live, JsonNode config) {
    if (live instanceof ObjectNode l && isMap(type, config)) {
      ObjectNode out = Json.object();
      l.forEachEntry((name, value) -> {
        JsonNode c = config.get(name);
        SchemaType child = type == null ? null : type.child(name);
        out.set(name, c == null ? value.deepCopy() : merge(child, value, c));
      });
      config.forEachEntry((name, value) -> {
        if (!out.has(name)) {
          out.set(name, value.deepCopy());
        }
      });
      return out;
    }
    if (type != null && live instanceof ArrayNode l && isKeyedList(type, config)) {
      return mergeList(type, items(type, l), items(type, (ArrayNode) config));
    }
    return config.deepCopy();
  }

  /** Items both have come in the configuration's order; those it does not name keep their place. */
  private static ArrayNode mergeList(
      SchemaType list, Map<String, JsonNode> live, Map<String, JsonNode> config) {
    ArrayNode out = Json.array();
    Set<String> done = new LinkedHashSet<>();
    java.util.List<String> left = java.util.List.copyOf(live.keySet());
    java.util.List<String> right = java.util.List.copyOf(config.keySet());
    java.util.List<String> shared = right.stream().filter(live::containsKey).toList();
    int i = 0;
    int j = 0;
    int s = 0;
    while (i < left.size() || j < right.size()) {
      if (i < left.size()) {
        String step = left.get(i);
        JsonNode item = live.get(step);
        if (!config.containsKey(step) && item != null) {
          out.add(item.deepCopy());
          i++;
          continue;
        }
        boolean next = s < shared.size() && shared.get(s).equals(step);
        if (done.contains(step) || !next) {
          i++;
          continue;
        }
      }
      if (j < right.size()) {
        String step = right.get(j++);
        JsonNode item = config.get(step);
        done.add(step);
        if (live.containsKey(step)) {
          s++;
        }
        if (item != null) {
          out.add(merge(list.item(), live.get(step), item));
        }
      }
    }
    return out;
  }

  /**
   * A copy without these paths and what lies below them. A map or list that loses all it had is
   * null then: it may still be somebody's.
   */
  static JsonNode without(@Nullable SchemaType type, JsonNode value, FieldSet gone) {
    if (isMap(type, value)) {
      ObjectNode out = Json.object();
      value.forEachEntry((name, child) -> {
        FieldSet at = gone.get(PathStep.field(name));
        SchemaType childType = type == null ? null : type.child(name);
        if (at == null) {
          out.set(name, child.deepCopy());
        } else if (!at.isMember()) {
          JsonNode left = without(childType, child, at);
          out.set(name, left.isEmpty() && !child.isEmpty() ? Json.NODES.nullNode() : left);
        }
      });
      return out;
    }
    if (type != null && isKeyedList(type, value)) {
      ArrayNode out = Json.array();
      items(type, (ArrayNode) value)
          .forEach((step, item) -> {
            FieldSet at = gone.get(step);
            if (at == null) {
              out.add(item.deepCopy());
            } else if (!at.isMember()) {
              out.add(without(type.item(), item, at));
            }
          });
      return out;
    }
    return value.deepCopy();
  }
}
