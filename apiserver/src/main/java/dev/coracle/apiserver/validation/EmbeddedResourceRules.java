package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The whole objects inside a value of a custom resource ({@code x-kubernetes-embedded-resource}):
 * their {@code apiVersion}, {@code kind} and {@code metadata} are held to the rules of every
 * object.
 */
final class EmbeddedResourceRules {

  static final String FLAG = "x-kubernetes-embedded-resource";
  static final Set<String> FIELDS = Set.of("apiVersion", "kind", "metadata");

  private EmbeddedResourceRules() {}

  /**
   * Gives whether all is well. Of fields with a wrong type only the first is told, and then nothing
   * else.
   *
   * @param whole whether the value itself is an object, whatever its schema says
   */
  static boolean check(
      JsonNode value, JsonNode schema, boolean whole, FieldPath path, FieldErrors errors) {
    int before = errors.causes().size();
    if (types(value, schema, whole, path, errors)) {
      content(value, schema, whole, path, errors);
    }
    return errors.causes().size() == before;
  }

  private static boolean types(
      JsonNode value, JsonNode schema, boolean whole, FieldPath path, FieldErrors errors) {
    boolean embedded = whole || schema.path(FLAG).asBoolean();
    if (value instanceof ObjectNode object) {
      for (var e : object.properties()) {
        if (embedded
            && FIELDS.contains(e.getKey())
            && !type(e.getKey(), e.getValue(), path, errors)) {
          return false;
        }
        Inner inner = Inner.of(schema, e.getKey(), path);
        if (!types(e.getValue(), inner.schema, false, inner.path, errors)) {
          return false;
        }
      }
    } else if (value instanceof ArrayNode list) {
      int i = 0;
      for (JsonNode item : list) {
        if (!types(item, schema.path("items"), false, path.index(i++), errors)) {
          return false;
        }
      }
    }
    return true;
  }

  private record Inner(JsonNode schema, FieldPath path) {
    static Inner of(JsonNode schema, String name, FieldPath path) {
      JsonNode field = schema.path("properties").path(name);
      return field.isObject()
          ? new Inner(field, path.child(name))
          : new Inner(schema.path("additionalProperties"), path.key(name));
    }
  }

  private static boolean type(String field, JsonNode value, FieldPath path, FieldErrors errors) {
    if (!field.equals("metadata")) {
      if (!value.isTextual()) {
        errors.invalid(path, field, value, "must be a string");
      }
      return value.isTextual();
    }
    if (value.isNull()) {
      return true;
    }
    String wrong;
    if (value.isObject()) {
      try {
        decoded(value);
        return true;
      } catch (Decoder.TypeException e) {
        wrong = e.words();
      }
    } else {
      String got =
          value.isArray()
              ? "array"
              : value.isTextual() ? "string" : value.isBoolean() ? "bool" : "number";
      wrong = "json: cannot unmarshal " + got + " into Go value of type v1.ObjectMeta";
    }
    errors.invalid(path, field, value, wrong);
    return false;
  }

  private static ObjectNode decoded(JsonNode metadata) {
    return Decoder.decode(metadata, SchemaTable.kubernetes().objectMeta()).tree();
  }

  private static void content(
      JsonNode value, JsonNode schema, boolean whole, FieldPath path, FieldErrors errors) {
    if (value instanceof ObjectNode object) {
      if (whole || schema.path(FLAG).asBoolean()) {
        resource(object, path, errors);
      }
      for (var e : object.properties()) {
        Inner inner = Inner.of(schema, e.getKey(), path);
        content(e.getValue(), inner.schema, false, inner.path, errors);
      }
    } else if (value instanceof ArrayNode list) {
      int i = 0;
      for (JsonNode item : list) {
        content(item, schema.path("items"), false, path.index(i++), errors);
      }
    }
  }

  private static void resource(ObjectNode object, FieldPath path, FieldErrors errors) {
    String version = Nodes.text(object, "apiVersion");
    if (version.isEmpty()) {
      errors.required(path, "apiVersion");
    } else if (version.indexOf('/') != version.lastIndexOf('/')) {
      errors.invalid(path, "apiVersion", version, "unexpected GroupVersion string: " + version);
    }
    String kind = Nodes.text(object, "kind");
    List<String> problems = NameRules.dns1035(kind.toLowerCase(Locale.ROOT));
    if (kind.isEmpty()) {
      errors.required(path, "kind");
    } else if (!problems.isEmpty()) {
      errors.invalid(
          path,
          "kind",
          kind,
          "may have mixed case, but should otherwise match: " + String.join(",", problems));
    }
    if (object.has("metadata")) {
      ObjectNode meta =
          object.path("metadata").isObject() ? decoded(object.path("metadata")) : Json.object();
      if (Nodes.text(meta, "name").isEmpty()) {
        // An object inside another needs no name.
        meta.put("name", "fakename");
      }
      MetaRules.check(
          meta,
          path.child("metadata"),
          Nodes.has(meta, "namespace"),
          NameRules::pathSegment,
          errors);
    }
  }
}
