package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import org.jspecify.annotations.Nullable;

/**
 * Whether a value of a custom resource is what it was, so that new rules do not count for it
 * (KEP-4008). Of two objects that can be said only where the schema has all their fields: a whole
 * resource is never the same. Lists whose items have keys are, in any order.
 */
public final class SameValues {

  private SameValues() {}

  public static boolean are(SchemaType type, @Nullable JsonNode old, JsonNode now) {
    if (now instanceof ObjectNode object && old instanceof ObjectNode before) {
      return objects(type, before, object);
    }
    if (now instanceof ArrayNode array
        && old instanceof ArrayNode before
        && type.listType() == ListType.MAP
        && type.element() != null) {
      return items(type, before, array);
    }
    return old != null && Trees.equal(old, now);
  }

  private static boolean objects(SchemaType type, ObjectNode before, ObjectNode now) {
    if (before.size() != now.size()) {
      return false;
    }
    for (var e : now.properties()) {
      SchemaType child = isDeclared(type, e.getKey()) ? type.child(e.getKey()) : null;
      if (child == null || !are(child, before.get(e.getKey()), e.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** What every object has (metadata and the like) is not what its schema says. */
  private static boolean isDeclared(SchemaType type, String field) {
    ObjectNode schema = type.constraints();
    return schema != null
        && (schema.path("properties").has(field) || schema.path("additionalProperties").isObject());
  }

  private static boolean items(SchemaType type, ArrayNode before, ArrayNode now) {
    if (before.size() != now.size()) {
      return false;
    }
    OldItems old = OldItems.of(type, before);
    for (JsonNode item : now) {
      if (!are(type.item(), old.of(item), item)) {
        return false;
      }
    }
    return true;
  }
}
