package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** The values that Go's types have when nobody gave them one, and what their JSON looks like. */
public final class Zeros {

  private Zeros() {}

  /** Whether it is the same as nothing where {@link WhenEmpty#LEFT_OUT} holds. */
  static boolean isZero(JsonNode value) {
    return switch (value.getNodeType()) {
      case STRING -> value.textValue().isEmpty();
      case BOOLEAN -> !value.booleanValue();
      case NUMBER -> value.isIntegralNumber() ? value.longValue() == 0 : value.doubleValue() == 0;
      case ARRAY, OBJECT -> value.isEmpty();
      case NULL -> true;
      case BINARY, MISSING, POJO -> false;
    };
  }

  /** Sets what the status of a typed object always has, and the status itself. */
  public static void ofStatus(SchemaType type, ObjectNode object) {
    SchemaField status = type.field("status");
    if (status == null || status.whenEmpty() != WhenEmpty.ZERO) {
      return;
    }
    if (object.get("status") instanceof ObjectNode given) {
      fill(status.type(), given);
    } else {
      object.set("status", of(status.type()));
    }
  }

  /** Sets what a typed object always has. */
  static void fill(SchemaType type, ObjectNode object) {
    for (SchemaField field : type.everPresent()) {
      if (!object.has(field.name())) {
        object.set(
            field.name(),
            field.whenEmpty() == WhenEmpty.NULL ? Json.NODES.nullNode() : shown(field.type()));
      }
    }
  }

  /** What stands for a null in a list or map. */
  public static JsonNode of(SchemaType type) {
    return switch (type.kind()) {
      case OBJECT -> made(type);
      case MAP, RAW_OBJECT -> Json.object();
      case LIST -> Json.array();
      case INTEGER, NUMBER, INT_OR_STRING -> Json.NODES.numberNode(0);
      case BOOLEAN -> Json.NODES.booleanNode(false);
      case QUANTITY -> Json.NODES.textNode("0");
      case STRING, BYTES -> Json.NODES.textNode("");
      case TIME, MICRO_TIME, RAW -> Json.NODES.nullNode();
    };
  }

  /** As a field: what is nil in Go is null. */
  private static JsonNode shown(SchemaType type) {
    return switch (type.kind()) {
      case MAP, RAW_OBJECT, LIST, BYTES -> Json.NODES.nullNode();
      case OBJECT,
          INTEGER,
          NUMBER,
          INT_OR_STRING,
          BOOLEAN,
          QUANTITY,
          STRING,
          TIME,
          MICRO_TIME,
          RAW ->
          of(type);
    };
  }

  /**
   * What a typed object has before anybody gives it a value; shared, not to be changed. Of a custom
   * resource that is nothing.
   */
  public static ObjectNode object(SchemaType type) {
    ObjectNode zero = type.zero;
    if (zero == null) {
      zero = made(type);
      type.zero = zero;
    }
    return zero;
  }

  private static ObjectNode made(SchemaType type) {
    ObjectNode out = Json.object();
    fill(type, out);
    return out;
  }
}
