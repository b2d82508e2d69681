package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code x-kubernetes-list-type} promises of a custom resource's lists: no item of a set, no
 * key of a map, stands twice. Upstream checks this after all else, and names the keys of maps in
 * brackets, where the rest of the schema's errors have a dot.
 */
final class ListItems {

  private ListItems() {}

  /**
   * @param old whose lists may be wrong already: then all are left alone
   */
  static void check(SchemaType type, JsonNode value, @Nullable JsonNode old, FieldErrors errors) {
    // Mostly nothing is wrong, and then the old value need not be looked at.
    if (isWrong(type, value) && (old == null || !isWrong(type, old))) {
      check(type, value, FieldPath.ROOT, errors);
    }
  }

  private static boolean isWrong(SchemaType type, JsonNode value) {
    FieldErrors found = new FieldErrors();
    check(type, value, FieldPath.ROOT, found);
    return !found.isEmpty();
  }

  private static void check(SchemaType type, JsonNode value, FieldPath path, FieldErrors errors) {
    if (!type.structural()) {
      return;
    }
    if (value instanceof ObjectNode object) {
      for (var e : object.properties()) {
        SchemaType child = type.child(e.getKey());
        if (child != null) {
          boolean declared = type.fields().containsKey(e.getKey());
          FieldPath at = declared ? path.child(e.getKey()) : path.key(e.getKey());
          check(child, e.getValue(), at, errors);
        }
      }
    } else if (value instanceof ArrayNode array && type.element() != null) {
      if (type.listType() != ListType.ATOMIC) {
        unique(type, array, path, errors);
      }
      for (int i = 0; i < array.size(); i++) {
        check(type.item(), array.get(i), path.index(i), errors);
      }
    }
  }

  private static void unique(SchemaType type, ArrayNode array, FieldPath path, FieldErrors errors) {
    Set<String> seen = new HashSet<>();
    Set<String> told = new HashSet<>();
    for (int i = 0; i < array.size(); i++) {
      JsonNode item = array.get(i);
      String identity = identity(type, item);
      if (!seen.add(identity) && told.add(identity)) {
        Object shown = type.listType() == ListType.SET ? value(item) : keys(type, item);
        errors.duplicate(path.index(i), "", shown);
      }
    }
  }

  private static Object value(JsonNode item) {
    return item.isTextual() ? item.textValue() : item;
  }

  private static JsonNode keys(SchemaType type, JsonNode item) {
    return item instanceof ObjectNode o ? o.deepCopy().retain(type.mapKeys()) : item;
  }

  /** By which items of two lists are the same one. */
  static String identity(SchemaType type, JsonNode item) {
    if (type.listType() != ListType.MAP) {
      return item.toString();
    }
    List<String> keys = new ArrayList<>();
    for (String key : type.mapKeys()) {
      keys.add(String.valueOf(item.get(key)));
    }
    return keys.toString();
  }
}
