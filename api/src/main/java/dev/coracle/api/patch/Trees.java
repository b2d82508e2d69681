package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** Equality and names of JSON values. */
public final class Trees {

  private Trees() {}

  /** What Go's reader of JSON calls a value. */
  public static String goName(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "object";
      case ARRAY -> "array";
      case STRING -> "string";
      case BOOLEAN -> "bool";
      default -> "number";
    };
  }

  /** As JSON means it: numbers by value ({@code 1} equals {@code 1.0}), objects without order. */
  public static boolean equal(JsonNode a, JsonNode b) {
    if (a == b) {
      return true;
    }
    if (a.isNumber() && b.isNumber()) {
      return a.isIntegralNumber()
              && b.isIntegralNumber()
              && a.canConvertToLong()
              && b.canConvertToLong()
          ? a.longValue() == b.longValue()
          : a.decimalValue().compareTo(b.decimalValue()) == 0;
    }
    if (a instanceof ObjectNode x && b instanceof ObjectNode y) {
      if (x.size() != y.size()) {
        return false;
      }
      return Json.everyField(
          x,
          (name, value) -> {
            JsonNode other = y.get(name);
            return other != null && equal(value, other);
          });
    }
    if (a instanceof ArrayNode x && b instanceof ArrayNode y) {
      if (x.size() != y.size()) {
        return false;
      }
      for (int i = 0; i < x.size(); i++) {
        if (!equal(x.get(i), y.get(i))) {
          return false;
        }
      }
      return true;
    }
    return a.equals(b);
  }
}
