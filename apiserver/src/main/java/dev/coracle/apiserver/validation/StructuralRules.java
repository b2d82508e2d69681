package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Whether a schema is structural (Kubernetes docs, "Specifying a structural schema"). */
final class StructuralRules {

  private static final Set<String> TYPES =
      Set.of("array", "boolean", "integer", "number", "object", "string");
  private static final String[] LOGIC = {"allOf", "anyOf", "oneOf"};
  private static final List<String> LIST_TYPES = List.of("atomic", "set", "map");
  private static final Set<String> MAP_TYPES = Set.of("atomic", "granular");

  private StructuralRules() {}

  static void check(JsonNode root, FieldPath path, FieldErrors errors) {
    if (!Nodes.text(root, "type").equals("object")) {
      errors.invalid(path, "type", Nodes.text(root, "type"), "must be object at the root");
    }
    node(root, path, true, errors);
  }

  private static void node(JsonNode schema, FieldPath path, boolean root, FieldErrors errors) {
    String type = Nodes.text(schema, "type");
    boolean intOrString = schema.path("x-kubernetes-int-or-string").asBoolean();
    boolean open = schema.path("x-kubernetes-preserve-unknown-fields").asBoolean();
    if (type.isEmpty() && !intOrString && !open) {
      errors.required(
          path, "type", "must not be empty for specified " + (root ? "root" : "object fields"));
    } else if (!type.isEmpty() && !TYPES.contains(type)) {
      errors.unsupported(path, "type", type, TYPES);
    }
    if (intOrString && !type.isEmpty()) {
      errors.invalid(path, "type", type, "must be empty if x-kubernetes-int-or-string is true");
    }
    for (String f :
        new String[] {"$ref", "definitions", "dependencies", "patternProperties", "id"}) {
      if (Nodes.has(schema, f)) {
        errors.forbidden(path, f, f + " is not supported");
      }
    }
    if (schema.path("uniqueItems").asBoolean()) {
      errors.forbidden(
          path,
          "uniqueItems",
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
    lists(schema, type, path, errors);
    pattern(schema, path, errors);
    if (schema.path("additionalProperties").isObject()) {
      if (Nodes.has(schema, "properties")) {
        errors.forbidden(
            path,
            "additionalProperties",
            "additionalProperties and properties are mutual exclusive");
      }
      node(schema.path("additionalProperties"), path.child("additionalProperties"), false, errors);
    } else if (schema.path("additionalProperties").isBoolean()
        && !schema.path("additionalProperties").asBoolean()) {
      errors.forbidden(path, "additionalProperties", "additionalProperties cannot be set to false");
    }
    for (var e : schema.path("properties").properties()) {
      if (root && e.getKey().equals("metadata")) {
        continue;
      }
      node(e.getValue(), path.child("properties").key(e.getKey()), false, errors);
    }
    if (type.equals("array")) {
      if (schema.path("items").isArray()) {
        errors.forbidden(path, "items", "items must be a schema object and not an array");
      } else if (!schema.path("items").isObject()) {
        errors.required(path, "items", "must be specified");
      } else {
        node(schema.path("items"), path.child("items"), false, errors);
      }
    }
    for (String logic : LOGIC) {
      int i = 0;
      for (JsonNode part : schema.path(logic)) {
        inner(part, path.child(logic).index(i++), intOrString, errors);
      }
    }
    if (schema.path("not").isObject()) {
      inner(schema.path("not"), path.child("not"), false, errors);
    }
  }

  /** Logic may restrict values, not say what exists. */
  private static void inner(
      JsonNode schema, FieldPath path, boolean mayHaveType, FieldErrors errors) {
    if (!mayHaveType && Nodes.has(schema, "type")) {
      errors.forbidden(path, "type", "must be empty to be structural");
    }
    for (String f :
        new String[] {
          "additionalProperties",
          "title",
          "description",
          "default",
          "nullable",
          "x-kubernetes-preserve-unknown-fields",
          "x-kubernetes-embedded-resource",
          "x-kubernetes-list-type",
          "x-kubernetes-map-type"
        }) {
      if (Nodes.has(schema, f)) {
        errors.forbidden(path, f, "must be undefined to be structural");
      }
    }
  }

  private static void lists(JsonNode schema, String type, FieldPath path, FieldErrors errors) {
    String list = Nodes.text(schema, "x-kubernetes-list-type");
    if (!list.isEmpty()) {
      if (!type.equals("array")) {
        errors.invalid(path, "type", type, "must be array if x-kubernetes-list-type is specified");
      }
      if (!LIST_TYPES.contains(list)) {
        errors.unsupported(path, "x-kubernetes-list-type", list, LIST_TYPES);
      }
    }
    if (list.equals("map")) {
      if (!Nodes.has(schema, "x-kubernetes-list-map-keys")) {
        errors.required(
            path,
            "x-kubernetes-list-map-keys",
            "must not be empty if x-kubernetes-list-type is map");
      }
      if (schema.path("items") instanceof ObjectNode items) {
        int i = 0;
        for (JsonNode key : schema.path("x-kubernetes-list-map-keys")) {
          if (!items.path("properties").has(key.asText())) {
            errors.invalid(
                path.child("x-kubernetes-list-map-keys").index(i),
                "",
                key.asText(),
                "entries must all be names of item properties");
          }
          i++;
        }
      }
    } else if (Nodes.has(schema, "x-kubernetes-list-map-keys")) {
      errors.invalid(
          path,
          "x-kubernetes-list-type",
          list,
          "must be map if x-kubernetes-list-map-keys is non-empty");
    }
    String map = Nodes.text(schema, "x-kubernetes-map-type");
    if (!map.isEmpty() && !MAP_TYPES.contains(map)) {
      errors.unsupported(path, "x-kubernetes-map-type", map, MAP_TYPES);
    }
  }

  private static void pattern(JsonNode schema, FieldPath path, FieldErrors errors) {
    String pattern = Nodes.text(schema, "pattern");
    if (!pattern.isEmpty()) {
      try {
        Pattern.compile(pattern);
      } catch (PatternSyntaxException e) {
        errors.invalid(
            path,
            "pattern",
            pattern,
            "must be a valid regular expression, but isn't: " + e.getDescription());
      }
    }
  }
}
