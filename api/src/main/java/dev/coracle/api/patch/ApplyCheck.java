package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import java.util.HashSet;
import java.util.Set;

/** Whether a configuration fits the schema, in the words of upstream's typed conversion. */
final class ApplyCheck {

  private ApplyCheck() {}

  static void check(SchemaType type, ObjectNode config, String apiVersion) {
    String problem = problem(type, config, "");
    if (!problem.isEmpty()) {
      String namespace = config.path("metadata").path("namespace").asText("");
      String name = config.path("metadata").path("name").asText("");
      String words =
          "failed to create typed patch object ("
              + namespace
              + "/"
              + name
              + "; "
              + apiVersion
              + ", Kind="
              + config.path("kind").asText("")
              + "): "
              + problem;
      // Upstream's words and its lack of a reason, but not its code 500 (ADR 0130).
      throw new StatusException(Status.failure(StatusReason.UNKNOWN, words).withCode(400));
    }
  }

  /** Empty, or what is wrong first. */
  private static String problem(SchemaType type, JsonNode value, String path) {
    if (value.isNull() || type.structural() && type.kind().isScalar()) {
      return "";
    }
    return switch (type.kind()) {
      case OBJECT, MAP -> object(type, value, path);
      case LIST -> list(type, value, path);
      case STRING, BYTES, TIME, MICRO_TIME ->
          value.isTextual() ? "" : expected("string", value, path);
      case INTEGER, NUMBER ->
          value.isNumber() ? "" : expected("numeric (int or float)", value, path);
      case BOOLEAN -> value.isBoolean() ? "" : expected("boolean", value, path);
      case INT_OR_STRING, QUANTITY, RAW_OBJECT, RAW -> "";
    };
  }

  private static String object(SchemaType type, JsonNode value, String path) {
    if (!(value instanceof ObjectNode object)) {
      return expected("map", value, path);
    }
    boolean open = type.preservesUnknownFields() || type.kind() == Kind.RAW_OBJECT;
    for (var e : object.properties()) {
      String at = path + "." + e.getKey();
      SchemaType child = type.child(e.getKey());
      if (child == null) {
        if (open) {
          continue;
        }
        return at + ": field not declared in schema";
      }
      String problem = problem(child, e.getValue(), at);
      if (!problem.isEmpty()) {
        return problem;
      }
    }
    return "";
  }

  private static String list(SchemaType type, JsonNode value, String path) {
    if (!(value instanceof ArrayNode array)) {
      return expected("list", value, path);
    }
    Set<String> seen = new HashSet<>();
    int index = 0;
    for (JsonNode item : array) {
      String step = "[" + index + "]";
      if (type.listType() != ListType.ATOMIC) {
        String key =
            type.listType() == ListType.SET ? PathStep.value(item) : PathStep.key(item, type);
        if (key == null) {
          return path
              + ": element "
              + index
              + ": associative list with keys has an element that omits key field \""
              + type.mapKeys().getFirst()
              + "\" (and doesn't have default value)";
        }
        step = PathStep.display(key);
        if (!seen.add(key)) {
          return path + ": duplicate entries for key " + step;
        }
      }
      String problem = problem(type.item(), item, path + step);
      if (!problem.isEmpty()) {
        return problem;
      }
      index++;
    }
    return "";
  }

  private static String expected(String what, JsonNode value, String path) {
    return path + ": expected " + what + ", got &value.valueUnstructured{Value:" + value + "}";
  }
}
