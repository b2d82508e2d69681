package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import java.util.ArrayList;
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

  /**
   * Items of one list that have the same identity, which no rule forbids everywhere: nobody can
   * tell one from the other, so they are owned and compared as one.
   */
  static final class Repeated extends ArrayNode {
    private static final long serialVersionUID = 1;

    private Repeated(JsonNode first) {
      super(Json.NODES);
      add(first);
    }
  }

  /** The items of a keyed list by their steps, in the order of the first of each step. */
  static Map<String, JsonNode> items(SchemaType list, ArrayNode value) {
    Map<String, JsonNode> out = LinkedHashMap.newLinkedHashMap(value.size());
    int index = 0;
    for (JsonNode item : value) {
      String step = step(list, item, index++);
      JsonNode first = out.putIfAbsent(step, item);
      if (first instanceof Repeated more) {
        more.add(item);
      } else if (first != null) {
        Repeated both = new Repeated(first);
        both.add(item);
        out.put(step, both);
      }
    }
    return out;
  }

  private static String step(SchemaType list, JsonNode item, int index) {
    String step = list.listType() == ListType.SET ? PathStep.value(item) : PathStep.key(item, list);
    return step == null ? "i:" + index : step;
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
      return mergeList(type, l, items(type, (ArrayNode) config));
    }
    return config.deepCopy();
  }

  /** Items both have come in the configuration's order; those it does not name keep their place. */
  private static ArrayNode mergeList(
      SchemaType list, ArrayNode liveItems, Map<String, JsonNode> config) {
    ArrayNode out = Json.array();
    Set<String> done = new LinkedHashSet<>();
    Map<String, JsonNode> live = items(list, liveItems);
    java.util.List<String> left = new ArrayList<>(liveItems.size());
    liveItems.forEach(item -> left.add(step(list, item, left.size())));
    java.util.List<String> right = java.util.List.copyOf(config.keySet());
    java.util.List<String> shared = right.stream().filter(live::containsKey).toList();
    int i = 0;
    int j = 0;
    int s = 0;
    while (i < left.size() || j < right.size()) {
      if (i < left.size()) {
        String step = left.get(i);
        if (!config.containsKey(step)) {
          out.add(liveItems.get(i).deepCopy());
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
          JsonNode was = live.get(step);
          out.add(merge(list.item(), was instanceof Repeated ? null : was, item));
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
      int index = 0;
      for (JsonNode item : value) {
        FieldSet at = gone.get(step(type, item, index++));
        if (at == null) {
          out.add(item.deepCopy());
        } else if (!at.isMember()) {
          out.add(without(type.item(), item, at));
        }
      }
      return out;
    }
    return value.deepCopy();
  }
}
