package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.crd.SchemaPath;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether every part of a custom resource's schema is one that Kubernetes understands. */
final class SchemaFormRules {

  private static final Set<String> TYPES =
      Set.of("array", "boolean", "integer", "number", "object", "string");
  private static final List<String> UNKNOWN =
      List.of("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref");
  private static final List<String> LIST_TYPES = List.of("atomic", "set", "map");
  private static final List<String> MAP_TYPES = List.of("atomic", "granular");
  private static final Set<String> REASONS =
      Set.of(
          "FieldValueRequired", "FieldValueForbidden", "FieldValueInvalid", "FieldValueDuplicate");
  private static final Set<String> META = Set.of("metadata", "kind", "apiVersion");
  private static final String LIST = "x-kubernetes-list-type";
  private static final String MAP = "x-kubernetes-map-type";
  private static final String KEYS = "x-kubernetes-list-map-keys";

  /**
   * How a schema may be used where it stands.
   *
   * @param noDefaults why it may have no default; empty where it may
   */
  private record Place(String noDefaults, boolean insideMeta) {}

  private final FieldErrors errors;
  private boolean understood = true;

  private SchemaFormRules(FieldErrors errors) {
    this.errors = errors;
  }

  /** Gives whether it can be asked if the schema is structural. */
  static boolean check(JsonNode root, FieldPath path, FieldErrors errors) {
    SchemaFormRules rules = new SchemaFormRules(errors);
    rules.node(root, path, true, new Place("", false));
    return rules.understood;
  }

  /** What upstream finds only when it asks if the schema is structural; empty for nothing. */
  static String unsupported(JsonNode schema) {
    if (Nodes.has(schema, "$schema")) {
      return "OpenAPIV3Schema 'schema' is not supported";
    }
    for (String one : List.of("items", "additionalProperties", "not")) {
      String found = schema.path(one).isObject() ? unsupported(schema.path(one)) : "";
      if (!found.isEmpty()) {
        return found;
      }
    }
    for (String several : List.of("properties", "allOf", "anyOf", "oneOf")) {
      for (JsonNode part : schema.path(several)) {
        String found = unsupported(part);
        if (!found.isEmpty()) {
          return found;
        }
      }
    }
    return "";
  }

  private void node(JsonNode schema, FieldPath path, boolean root, Place place) {
    standard(schema, path, place);
    if (schema.path("uniqueItems").asBoolean()) {
      errors.forbidden(
          path,
          "uniqueItems",
          "uniqueItems cannot be set to true since the runtime complexity becomes quadratic");
    }
    fields(schema, path, root, place);
    if (schema.path("not").isObject()) {
      node(schema.path("not"), path.child("not"), false, place);
    }
    for (String logic : List.of("allOf", "oneOf", "anyOf")) {
      int i = 0;
      for (JsonNode part : schema.path(logic)) {
        node(part, path.child(logic).index(i++), false, place);
      }
    }
    if (schema.path("items").isObject()) {
      node(schema.path("items"), path.child("items"), false, place);
    }
    JsonNode open = schema.path("x-kubernetes-preserve-unknown-fields");
    if (open.isBoolean() && !open.asBoolean()) {
      errors.invalid(
          path, "x-kubernetes-preserve-unknown-fields", false, "must be true or undefined");
    }
    types(schema, path);
    keys(schema, path);
    items(schema, path);
    validations(schema, path);
  }

  private void standard(JsonNode schema, FieldPath path, Place place) {
    String type = Nodes.text(schema, "type");
    if (!type.isEmpty() && !TYPES.contains(type)) {
      errors.unsupported(path, "type", type, TYPES);
    }
    if (Nodes.set(schema, "default") && !place.noDefaults.isEmpty()) {
      errors.forbidden(path, "default", "must not be set " + place.noDefaults);
    }
    for (String field : UNKNOWN) {
      if (Nodes.has(schema, field)) {
        understood = false;
        errors.forbidden(path, field, field + " is not supported");
      }
    }
    if (type.equals("null")) {
      understood = false;
      errors.forbidden(path, "type", "type cannot be set to null, use nullable as an alternative");
    }
    if (schema.path("items").isArray() && !schema.path("items").isEmpty()) {
      understood = false;
      errors.forbidden(path, "items", "items must be a schema object and not an array");
    }
    if (place.insideMeta && schema.path("x-kubernetes-embedded-resource").asBoolean()) {
      errors.forbidden(
          path, "x-kubernetes-embedded-resource", "must not be used inside of resource meta");
    }
  }

  private void fields(JsonNode schema, FieldPath path, boolean root, Place place) {
    JsonNode additional = schema.path("additionalProperties");
    boolean allowsAll = additional.isBoolean() && additional.asBoolean();
    if (Nodes.set(schema, "additionalProperties")) {
      if (Nodes.has(schema, "properties") && !allowsAll) {
        errors.forbidden(
            path,
            "additionalProperties",
            "additionalProperties and properties are mutual exclusive");
      }
      if (additional.isObject()) {
        Place inside =
            place.insideMeta
                ? new Place("inside additionalProperties applying to object metadata", true)
                : place;
        node(additional, path.child("additionalProperties"), false, inside);
      }
    }
    boolean whole = root || schema.path("x-kubernetes-embedded-resource").asBoolean();
    schema
        .path("properties")
        .forEachEntry((name, field) -> {
          boolean meta = whole && META.contains(name);
          Place inside =
              meta ? new Place(root ? "in top-level " + name : place.noDefaults, true) : place;
          node(field, path.child("properties").key(name), false, inside);
        });
  }

  /** Lists and maps that say how they are merged. */
  private void types(JsonNode schema, FieldPath path) {
    String type = Nodes.text(schema, "type");
    String map = Nodes.text(schema, MAP);
    String list = Nodes.text(schema, LIST);
    if (Nodes.set(schema, MAP)) {
      mustBe("object", type, MAP, path);
      if (!MAP_TYPES.contains(map)) {
        errors.unsupported(path, MAP, map, MAP_TYPES);
      }
    }
    if (!Nodes.set(schema, LIST)) {
      return;
    }
    if (mustBe("array", type, LIST, path) && list.equals("set")) {
      JsonNode items = schema.path("items");
      String must = "must be atomic as item of a list with " + LIST + "=set";
      String inner = Nodes.text(items, "type");
      if (inner.equals("array")
          && Nodes.set(items, LIST)
          && !Nodes.text(items, LIST).equals("atomic")) {
        errors.invalid(path.child("items"), LIST, Nodes.text(items, LIST), must);
      }
      if (inner.equals("object") && !Nodes.text(items, MAP).equals("atomic")) {
        JsonNode shown = items.path(LIST);
        errors.invalid(path.child("items"), MAP, shown.isMissingNode() ? Nodes.NULL : shown, must);
      }
    }
    if (!LIST_TYPES.contains(list)) {
      errors.unsupported(path, LIST, list, LIST_TYPES);
    }
  }

  private boolean mustBe(String wanted, String type, String because, FieldPath path) {
    if (type.equals(wanted)) {
      return true;
    }
    String why = "must be " + wanted + " if " + because + " is specified";
    if (type.isEmpty()) {
      errors.required(path, "type", why);
    } else {
      errors.invalid(path, "type", type, why);
    }
    return false;
  }

  private void keys(JsonNode schema, FieldPath path) {
    String list = Nodes.text(schema, LIST);
    JsonNode keys = schema.path(KEYS);
    if (!keys.isEmpty() && !list.equals("map")) {
      String why = "must be map if " + KEYS + " is non-empty";
      if (Nodes.set(schema, LIST)) {
        errors.invalid(path, LIST, list, why);
      } else {
        errors.required(path, LIST, why);
      }
    }
    if (!list.equals("map")) {
      return;
    }
    if (keys.isEmpty()) {
      errors.required(path, KEYS, "must not be empty if " + LIST + " is map");
    }
    JsonNode items = schema.path("items");
    if (!Nodes.set(schema, "items")) {
      errors.required(path, "items", "must have a schema if " + LIST + " is map");
      return;
    }
    if (!items.isObject()) {
      errors.invalid(path, "items", items, "must only have a single schema if " + LIST + " is map");
      return;
    }
    FieldPath at = path.child("items");
    String type = Nodes.text(items, "type");
    if (!type.equals("object")) {
      errors.invalid(at, "type", type, "must be object if parent array's " + LIST + " is map");
      return;
    }
    Set<String> seen = new HashSet<>();
    for (JsonNode key : keys) {
      JsonNode field = items.path("properties").path(key.asText());
      String of = Nodes.text(field, "type");
      if (field.isMissingNode()) {
        errors.invalid(path, KEYS, keys, "entries must all be names of item properties");
      } else if (of.equals("array") || of.equals("object")) {
        errors.invalid(
            at.child("properties").key(key.asText()),
            "type",
            type,
            "must be a scalar type if parent array's " + LIST + " is map");
      }
      if (!seen.add(key.asText())) {
        errors.invalid(path, KEYS, keys, "must not contain duplicate entries");
      }
    }
  }

  /** What is told apart by a key has that key, and is there. */
  private void items(JsonNode schema, FieldPath path) {
    String list = Nodes.text(schema, LIST);
    JsonNode items = schema.path("items");
    if (!items.isObject() || !list.equals("set") && !list.equals("map")) {
      return;
    }
    FieldPath at = path.child("items");
    if (items.path("nullable").asBoolean()) {
      errors.forbidden(at, "nullable", "cannot be nullable when " + LIST + " is " + list);
    }
    if (!list.equals("map")) {
      return;
    }
    Set<String> required = new HashSet<>();
    items.path("required").forEach(r -> required.add(r.asText()));
    String why = "this property is in " + KEYS + ", so it ";
    for (JsonNode key : schema.path(KEYS)) {
      JsonNode field = items.path("properties").path(key.asText());
      FieldPath one = at.child("properties").key(key.asText());
      if (field.isObject() && !required.contains(key.asText()) && !Nodes.set(field, "default")) {
        errors.required(one, "default", why + "must have a default or be a required property");
      }
      if (field.path("nullable").asBoolean()) {
        errors.forbidden(one, "nullable", why + "cannot be nullable");
      }
    }
  }

  private void validations(JsonNode schema, FieldPath path) {
    int i = 0;
    for (JsonNode rule : schema.path("x-kubernetes-validations")) {
      FieldPath at = path.child("x-kubernetes-validations").index(i++);
      String message = Nodes.text(rule, "message");
      String text = Nodes.text(rule, "rule").strip();
      if (text.isEmpty()) {
        errors.required(at, "rule", "rule is not specified");
      } else if (!message.isEmpty() && message.isBlank()) {
        errors.invalid(at, "message", message, "must be non-empty if specified");
      } else if (hasLineBreak(message.strip())) {
        errors.invalid(at, "message", message, "must not contain line breaks");
      } else if (hasLineBreak(text) && message.isBlank()) {
        errors.required(at, "message", "message must be specified if rule contains line breaks");
      }
      String expression = Nodes.text(rule, "messageExpression");
      if (!expression.isEmpty() && expression.isBlank()) {
        errors.required(
            at, "messageExpression", "messageExpression must be non-empty if specified");
      }
      if (Nodes.set(rule, "reason") && !REASONS.contains(Nodes.text(rule, "reason"))) {
        errors.unsupported(at, "reason", Nodes.text(rule, "reason"), REASONS);
      }
      String field = Nodes.text(rule, "fieldPath");
      if (!field.isEmpty() && field.isBlank()) {
        errors.invalid(at, "fieldPath", field, "must be non-empty if specified");
      }
      if (hasLineBreak(field)) {
        errors.invalid(at, "fieldPath", field, "must not contain line breaks");
      }
      if (!field.isEmpty() && !SchemaPath.of(field, schema, true).isValid()) {
        errors.invalid(at, "fieldPath", field, "must be a valid path");
      }
    }
  }

  private static boolean hasLineBreak(String text) {
    return text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0;
  }
}
