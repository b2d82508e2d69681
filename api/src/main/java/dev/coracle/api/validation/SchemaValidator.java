package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import dev.coracle.api.schema.StructuralSchema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks a custom resource against its structural schema, in upstream's words. Where an old object
 * is given, parts that did not change are not held against the new one (KEP-4008, ratcheting).
 */
public final class SchemaValidator {

  private SchemaValidator() {}

  /**
   * @param old the stored object; null on create
   */
  public static void validate(
      SchemaType type, JsonNode value, @Nullable JsonNode old, FieldErrors errors) {
    check(type, value, old, FieldPath.ROOT, errors);
    ListItems.check(type, value, old, errors);
  }

  /** What a write of the status alone is held to; words name what is in it without the status. */
  public static void validateStatus(
      SchemaType type, JsonNode now, JsonNode old, FieldErrors errors) {
    SchemaType status = type.child("status");
    if (status != null && now.get("status") instanceof JsonNode value) {
      check(status, value, old.get("status"), FieldPath.STATUS.asBody(), errors);
    }
    ListItems.check(type, now, old, errors);
  }

  private static void check(
      SchemaType type, JsonNode value, @Nullable JsonNode old, FieldPath path, FieldErrors errors) {
    if (!type.structural() || SameValues.are(type, old, value)) {
      return;
    }
    ObjectNode rules = type.constraints();
    if (rules == null) {
      return;
    }
    List<String> types = types(type, rules);
    if (value.isNull()) {
      if (!type.nullable() && !types.isEmpty()) {
        Constraints.wrongType(path, String.join(",", types), "null", errors);
      }
      return;
    }
    Constraints.begin(rules, types, value, path, errors);
    if (value instanceof ArrayNode array && type.element() != null) {
      list(type, array, old, path, errors);
    }
    Constraints.end(rules, value, path, errors);
    if (value instanceof ObjectNode object) {
      for (var e : object.properties()) {
        SchemaType child = type.child(e.getKey());
        if (child != null) {
          // With a dot also before the keys of a map, as OpenAPI's validation names them upstream.
          FieldPath at = path.child(e.getKey());
          check(child, e.getValue(), old == null ? null : old.get(e.getKey()), at, errors);
        }
      }
      for (SchemaField field : type.fields().values()) {
        if (field.required() && !object.has(field.name()) && isDeclared(rules, field)) {
          errors.required(path, field.name());
        }
      }
      names(rules, object, old, path, errors);
    }
  }

  /** All that a schema may say of metadata is how objects, or objects inside them, are named. */
  private static void names(
      ObjectNode rules,
      ObjectNode object,
      @Nullable JsonNode old,
      FieldPath path,
      FieldErrors errors) {
    JsonNode named = rules.path("properties").path("metadata").path("properties");
    for (String field : named.isEmpty() ? List.<String>of() : List.of("name", "generateName")) {
      JsonNode value = object.path("metadata").path(field);
      if (named.path(field) instanceof ObjectNode rule && value.isTextual()) {
        JsonNode before = old == null ? null : old.path("metadata").get(field);
        check(
            StructuralSchema.compileValue(rule, false),
            value,
            before,
            path.child("metadata").child(field),
            errors);
      }
    }
  }

  /** What every object has (apiVersion, kind) is not for the schema to ask for. */
  private static boolean isDeclared(ObjectNode rules, SchemaField field) {
    for (JsonNode r : rules.path("required")) {
      if (r.asText().equals(field.name())) {
        return true;
      }
    }
    return false;
  }

  private static void list(
      SchemaType type,
      ArrayNode array,
      @Nullable JsonNode old,
      FieldPath path,
      FieldErrors errors) {
    OldItems before = OldItems.of(type, old);
    int i = 0;
    for (JsonNode item : array) {
      check(type.item(), item, before.of(item), path.index(i), errors);
      i++;
    }
  }

  private static List<String> types(SchemaType type, ObjectNode rules) {
    if (type.kind() == Kind.INT_OR_STRING) {
      return List.of("integer", "string");
    }
    String declared = rules.path("type").asText("");
    return declared.isEmpty() ? List.of() : List.of(declared);
  }

  /** OpenAPI's name of what a value is. */
  static String typeName(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "boolean";
      case NUMBER -> value.isIntegralNumber() ? "integer" : "number";
      default -> "null";
    };
  }
}
