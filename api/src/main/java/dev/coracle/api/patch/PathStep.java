package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One step of a path, written as in {@code fieldsV1} (structured-merge-diff): {@code f:name} a
 * field, {@code k:{"name":"a"}} the list item with these keys, {@code v:"x"} the list item of this
 * value, {@code i:0} an index.
 */
final class PathStep {

  private PathStep() {}

  static String field(String name) {
    return "f:" + name;
  }

  static boolean isField(String step) {
    return step.startsWith("f:");
  }

  static String name(String fieldStep) {
    return fieldStep.substring(2);
  }

  static String value(JsonNode scalar) {
    return "v:" + scalar;
  }

  /**
   * The identity of an item of a list of objects; a missing key takes its field's default and is
   * left out where it has none. Null when no key is there at all.
   */
  static @Nullable String key(JsonNode item, SchemaType list) {
    TreeMap<String, JsonNode> keys = new TreeMap<>();
    SchemaType type = list.item();
    for (String key : list.mapKeys()) {
      JsonNode value = item.get(key);
      if (value == null) {
        SchemaField field = type.field(key);
        value = field == null ? null : field.defaultValue();
      }
      if (value != null) {
        keys.put(key, value);
      }
    }
    if (keys.isEmpty()) {
      return null;
    }
    StringBuilder out = new StringBuilder("k:{");
    keys.forEach((name, value) -> {
      if (out.length() > 3) {
        out.append(',');
      }
      out.append(Json.NODES.textNode(name)).append(':').append(value);
    });
    return out.append('}').toString();
  }

  /** A step in the one notation this server writes, so that equal steps are equal texts. */
  static String canonical(String step) {
    if (!step.startsWith("k:") && !step.startsWith("v:")) {
      return step;
    }
    try {
      JsonNode value = Json.parse(step.substring(2));
      if (value instanceof ObjectNode keys && step.startsWith("k:")) {
        ObjectNode sorted = Json.object();
        keys.properties().stream()
            .sorted(Map.Entry.comparingByKey())
            .forEach(e -> sorted.set(e.getKey(), e.getValue()));
        value = sorted;
      }
      return step.substring(0, 2) + value;
    } catch (StatusException e) {
      return step;
    }
  }

  static @Nullable SchemaType typeBelow(@Nullable SchemaType type, String step) {
    if (type == null) {
      return null;
    }
    return isField(step) ? type.child(name(step)) : type.element();
  }

  /** As upstream prints it in conflicts. */
  static String display(String step) {
    String rest = step.substring(2);
    if (step.startsWith("f:")) {
      return "." + rest;
    }
    if (step.startsWith("k:") && Json.parse(rest) instanceof ObjectNode keys) {
      StringBuilder out = new StringBuilder("[");
      keys.forEachEntry((name, value) ->
          out.append(out.length() > 1 ? "," : "").append(name).append('=').append(value));
      return out.append(']').toString();
    }
    return step.startsWith("v:") ? "[=" + rest + "]" : "[" + rest + "]";
  }
}
