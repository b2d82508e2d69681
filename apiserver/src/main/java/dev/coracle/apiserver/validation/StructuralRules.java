package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.GoPatterns;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a schema is structural: what exists is said once, outside of all logic, and logic only
 * restricts values (Kubernetes docs, "Specifying a structural schema").
 */
final class StructuralRules {

  /** Where a schema stands. */
  private enum Level {
    ROOT("at the root"),
    ITEM("for specified array items"),
    FIELD("for specified object fields");

    private final String words;

    Level(String words) {
      this.words = words;
    }
  }

  private static final JsonNode INT_OR_STRING =
      Json.parse("[{\"type\":\"integer\"},{\"type\":\"string\"}]");
  private static final String INT_OR_STRING_FIELD = "x-kubernetes-int-or-string";
  private static final String OPEN = "x-kubernetes-preserve-unknown-fields";
  private static final String EMBEDDED = "x-kubernetes-embedded-resource";

  private final FieldErrors errors = new FieldErrors();

  private StructuralRules() {}

  /** Adds the errors in the order of their words, as upstream does. */
  static void check(JsonNode root, FieldPath path, FieldErrors errors) {
    StructuralRules rules = new StructuralRules();
    rules.node(root, Level.ROOT, path);
    rules.complete(root, path);
    rules.errors.causes().stream()
        .sorted(Comparator.comparing((StatusCause c) -> c.field() + ": " + c.message()))
        .forEach(errors.causes()::add);
  }

  private static boolean is(JsonNode schema, String flag) {
    return schema.path(flag).asBoolean();
  }

  private void node(JsonNode schema, Level level, FieldPath path) {
    String type = Nodes.text(schema, "type");
    JsonNode items = schema.path("items");
    if (items.isObject()) {
      node(items, Level.ITEM, path.child("items"));
    } else if (type.equals("array")) {
      errors.required(path, "items", "must be specified");
    }
    schema
        .path("properties")
        .forEachEntry(
            (name, field) -> node(field, Level.FIELD, path.child("properties").key(name)));
    JsonNode additional = schema.path("additionalProperties");
    if (Nodes.set(schema, "additionalProperties")) {
      if (level == Level.ROOT) {
        errors.forbidden(path, "additionalProperties", "must not be used at the root");
      }
      if (additional.isObject()) {
        node(additional, Level.FIELD, path.child("additionalProperties"));
      }
      if (is(schema, EMBEDDED)) {
        errors.forbidden(
            path, "additionalProperties", "must not be used if " + EMBEDDED + " is set");
      }
    }
    extensions(schema, path);
    boolean anyOf = INT_OR_STRING.equals(schema.get("anyOf"));
    boolean allOf = INT_OR_STRING.equals(schema.path("allOf").path(0).get("anyOf"));
    logic(schema, anyOf, allOf, path);
    type(schema, type, level, path);
    metadata(schema, level, path);
  }

  private void extensions(JsonNode schema, FieldPath path) {
    for (String flag : List.of(OPEN, EMBEDDED)) {
      if (is(schema, INT_OR_STRING_FIELD) && is(schema, flag)) {
        errors.invalid(path, flag, true, "must be false if " + INT_OR_STRING_FIELD + " is true");
      }
    }
  }

  private void type(JsonNode schema, String type, Level level, FieldPath path) {
    if (is(schema, EMBEDDED) && !type.equals("object")) {
      String why = "must be object if " + EMBEDDED + " is true";
      if (type.isEmpty()) {
        errors.required(path, "type", why);
      } else {
        errors.invalid(path, "type", type, why);
      }
    } else if (type.isEmpty() && !is(schema, INT_OR_STRING_FIELD) && !is(schema, OPEN)) {
      errors.required(path, "type", "must not be empty " + level.words);
    }
    if (level == Level.ROOT && !type.isEmpty() && !type.equals("object")) {
      errors.invalid(path, "type", type, "must be object at the root");
    }
    if (is(schema, EMBEDDED) && !is(schema, OPEN) && !Nodes.has(schema, "properties")) {
      errors.required(
          path, "properties", "must not be empty if " + EMBEDDED + " is true without " + OPEN);
    }
  }

  /** What every object has is said by Kubernetes already. */
  private void metadata(JsonNode schema, Level level, FieldPath path) {
    boolean whole = level == Level.ROOT || is(schema, EMBEDDED);
    JsonNode properties = schema.path("properties");
    for (String field : List.of("kind", "apiVersion")) {
      if (whole && properties.has(field)) {
        String type = Nodes.text(properties.path(field), "type");
        if (!type.equals("string")) {
          errors.invalid(path.child("properties").key(field), "type", type, "must be string");
        }
      }
    }
    if (!(properties.get("metadata") instanceof ObjectNode metadata)) {
      return;
    }
    FieldPath at = path.child("properties").key("metadata");
    String type = Nodes.text(metadata, "type");
    if (whole && !type.equals("object")) {
      errors.invalid(at, "type", type, "must be object");
    }
    if (level == Level.ROOT) {
      ObjectNode rest = metadata.deepCopy();
      rest.remove(List.of("type", "default", "description"));
      if (rest.get("properties") instanceof ObjectNode names) {
        names.remove(List.of("name", "generateName"));
        if (names.isEmpty()) {
          rest.remove("properties");
        }
      }
      if (!rest.isEmpty()) {
        errors.forbidden(
            at,
            "",
            "must not specify anything other than name and generateName, but metadata is"
                + " implicitly specified");
      }
    }
  }

  private void logic(JsonNode schema, boolean anyOf, boolean firstAllOf, FieldPath path) {
    for (String kind : List.of("anyOf", "allOf", "oneOf")) {
      int i = 0;
      for (JsonNode part : schema.path(kind)) {
        FieldPath at = path.child(kind).index(i);
        boolean first = kind.equals("allOf") && firstAllOf && i == 0;
        if (!kind.equals("anyOf") || !anyOf) {
          nested(part, first, at);
        }
        i++;
      }
    }
    if (schema.path("not").isObject()) {
      nested(schema.path("not"), false, path.child("not"));
    }
    String pattern = Nodes.text(schema, "pattern");
    String problem = pattern.isEmpty() ? "" : GoPatterns.problem(pattern);
    if (!problem.isEmpty()) {
      errors.invalid(
          path, "pattern", pattern, "must be a valid regular expression, but isn't: " + problem);
    }
  }

  private void nested(JsonNode schema, boolean anyOf, FieldPath path) {
    logic(schema, anyOf, false, path);
    if (schema.path("items").isObject()) {
      nested(schema.path("items"), false, path.child("items"));
    }
    schema
        .path("properties")
        .forEachEntry((name, field) -> nested(field, false, path.child("properties").key(name)));
    forbid(schema, List.of("type", "title", "description"), "must be empty", path);
    forbid(
        schema,
        List.of("x-kubernetes-list-map-keys", "x-kubernetes-validations"),
        "must be empty",
        path);
    for (String flag : List.of("nullable", OPEN, EMBEDDED, INT_OR_STRING_FIELD)) {
      if (is(schema, flag)) {
        errors.forbidden(path, flag, "must be false to be structural");
      }
    }
    for (String field :
        List.of(
            "additionalProperties", "default", "x-kubernetes-list-type", "x-kubernetes-map-type")) {
      if (Nodes.set(schema, field)) {
        errors.forbidden(path, field, "must be undefined to be structural");
      }
    }
    if (schema.path("properties").has("metadata")) {
      errors.forbidden(
          path.child("properties").key("metadata"),
          "",
          "must not be specified in a nested context");
    }
  }

  private void forbid(JsonNode schema, List<String> fields, String what, FieldPath path) {
    for (String field : fields) {
      if (Nodes.has(schema, field)) {
        errors.forbidden(path, field, what + " to be structural");
      }
    }
  }

  /** What logic speaks of has to be there outside of it. */
  private void complete(JsonNode schema, FieldPath path) {
    if (schema.path("items").isObject()) {
      complete(schema.path("items"), path.child("items"));
    }
    schema
        .path("properties")
        .forEachEntry((name, field) -> complete(field, path.child("properties").key(name)));
    if (schema.path("additionalProperties").isObject()) {
      complete(schema.path("additionalProperties"), path.child("additionalProperties"));
    }
    completeLogic(schema, schema, path, path);
  }

  private void completeLogic(JsonNode logic, JsonNode schema, FieldPath path, FieldPath where) {
    for (String kind : List.of("anyOf", "allOf", "oneOf")) {
      int i = 0;
      for (JsonNode part : logic.path(kind)) {
        complete(part, schema, path, where.child(kind).index(i++));
      }
    }
    if (logic.path("not").isObject()) {
      complete(logic.path("not"), schema, path, where.child("not"));
    }
  }

  private void complete(
      JsonNode logic, @Nullable JsonNode schema, FieldPath path, FieldPath where) {
    if (schema == null || schema.isMissingNode()) {
      errors.required(path, "", "because it is defined in " + where);
      return;
    }
    completeLogic(logic, schema, path, where);
    if (logic.path("items").isObject()) {
      complete(logic.path("items"), schema.get("items"), path.child("items"), where.child("items"));
    }
    logic
        .path("properties")
        .forEachEntry((name, field) ->
            complete(
                field,
                schema.path("properties").get(name),
                path.child("properties").key(name),
                where.child("properties").key(name)));
  }
}
