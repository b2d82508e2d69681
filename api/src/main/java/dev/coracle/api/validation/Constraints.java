package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.patch.Trees;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * OpenAPI's value validations of one node: ranges, lengths, patterns, formats, and the logic of
 * them.
 */
final class Constraints {

  /** Of this many digits on, Go prints a float64 with an exponent. */
  private static final int PLAIN_DIGITS = 6;

  private Constraints() {}

  static void check(ObjectNode rules, JsonNode value, FieldPath path, FieldErrors errors) {
    if (rules.get("enum") instanceof ArrayNode allowed) {
      enumeration(allowed, value, path, errors);
    }
    if (value.isTextual()) {
      text(rules, value.textValue(), path, errors);
    } else if (value.isNumber()) {
      number(rules, value, path, errors);
    } else if (value instanceof ArrayNode array) {
      count(rules, array.size(), "Items", path, errors);
      if (rules.path("uniqueItems").asBoolean()) {
        unique(array, path, errors);
      }
    } else if (value instanceof ObjectNode object) {
      count(rules, object.size(), "Properties", path, errors);
    }
    logic(rules, value, path, errors);
  }

  private static void enumeration(
      ArrayNode allowed, JsonNode value, FieldPath path, FieldErrors errors) {
    List<String> texts = new ArrayList<>();
    for (JsonNode a : allowed) {
      if (Trees.equal(a, value)) {
        return;
      }
      texts.add(a.asText());
    }
    errors.unsupported(path, "", value.isTextual() ? value.textValue() : value, texts);
  }

  private static void text(ObjectNode rules, String value, FieldPath path, FieldErrors errors) {
    int length = value.codePointCount(0, value.length());
    if (rules.has("maxLength") && length > rules.get("maxLength").asLong()) {
      errors.tooLong(path, "", rules.get("maxLength").asInt());
    }
    if (rules.has("minLength") && length < rules.get("minLength").asLong()) {
      errors.invalid(
          path,
          "",
          value,
          path + " in body should be at least " + rules.get("minLength").asLong() + " chars long");
    }
    String pattern = rules.path("pattern").asText("");
    if (!pattern.isEmpty() && !GoPatterns.isFound(pattern, value)) {
      errors.invalid(path, "", value, path + " in body should match '" + pattern + "'");
    }
    String format = rules.path("format").asText("");
    if (!format.isEmpty() && !Formats.accepts(format, value)) {
      errors.invalid(
          path, "", value, path + " in body must be of type " + format + ": \"" + value + "\"");
    }
  }

  /** A limit as Go prints it: an int64 beside a value that is one, else the shortest float64. */
  private static String limit(JsonNode limit, JsonNode value) {
    if (value.isIntegralNumber()) {
      return limit.decimalValue().toBigInteger().toString();
    }
    BigDecimal shortest = new BigDecimal(Double.toString(limit.doubleValue())).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (shortest.signum() == 0 || exponent >= -4 && exponent < PLAIN_DIGITS) {
      return shortest.toPlainString();
    }
    BigDecimal mantissa = shortest.scaleByPowerOfTen(-exponent);
    return mantissa.toPlainString() + String.format(Locale.ROOT, "e%+03d", exponent);
  }

  private static void number(ObjectNode rules, JsonNode node, FieldPath path, FieldErrors errors) {
    BigDecimal value = node.decimalValue();
    if (rules.has("maximum")) {
      boolean exclusive = rules.path("exclusiveMaximum").asBoolean();
      int order = value.compareTo(rules.get("maximum").decimalValue());
      if (order > 0 || exclusive && order == 0) {
        errors.invalid(
            path,
            "",
            node,
            path
                + " in body should be less than "
                + (exclusive ? "" : "or equal to ")
                + limit(rules.get("maximum"), node));
      }
    }
    if (rules.has("minimum")) {
      boolean exclusive = rules.path("exclusiveMinimum").asBoolean();
      int order = value.compareTo(rules.get("minimum").decimalValue());
      if (order < 0 || exclusive && order == 0) {
        errors.invalid(
            path,
            "",
            node,
            path
                + " in body should be greater than "
                + (exclusive ? "" : "or equal to ")
                + limit(rules.get("minimum"), node));
      }
    }
    if (rules.path("multipleOf").isNumber()) {
      BigDecimal of = rules.get("multipleOf").decimalValue();
      if (of.signum() != 0 && value.remainder(of).signum() != 0) {
        errors.invalid(
            path,
            "",
            node,
            path + " in body should be a multiple of " + limit(rules.get("multipleOf"), node));
      }
    }
    String format = rules.path("format").asText("");
    if (format.equals("int32") && !node.canConvertToInt()) {
      errors.invalid(
          path, "", node, path + " in body must be of type int32: \"" + node.asText() + "\"");
    }
  }

  private static void count(
      ObjectNode rules, int size, String what, FieldPath path, FieldErrors errors) {
    if (rules.has("max" + what) && size > rules.get("max" + what).asLong()) {
      errors.tooMany(path, "", size, rules.get("max" + what).asInt());
    }
    if (rules.has("min" + what) && size < rules.get("min" + what).asLong()) {
      String plural = what.equals("Items") ? "items" : "properties";
      errors.invalid(
          path,
          "",
          size,
          path
              + " in body should have at least "
              + rules.get("min" + what).asLong()
              + " "
              + plural);
    }
  }

  private static void unique(ArrayNode array, FieldPath path, FieldErrors errors) {
    for (int i = 0; i < array.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (Trees.equal(array.get(i), array.get(j))) {
          errors.duplicate(path.index(i), "", array.get(i));
          return;
        }
      }
    }
  }

  private static void logic(ObjectNode rules, JsonNode value, FieldPath path, FieldErrors errors) {
    for (JsonNode part : rules.path("allOf")) {
      if (!fits(part, value)) {
        errors.invalid(path, "", show(value), "must validate all the schemas (allOf)");
        break;
      }
    }
    if (rules.path("anyOf").size() > 0 && count(rules.get("anyOf"), value) == 0) {
      errors.invalid(
          path, "", show(value), path + " in body must validate at least one schema (anyOf)");
    }
    if (rules.path("oneOf").size() > 0 && count(rules.get("oneOf"), value) != 1) {
      errors.invalid(
          path, "", show(value), path + " in body must validate one and only one schema (oneOf)");
    }
    if (rules.path("not").isObject() && fits(rules.get("not"), value)) {
      errors.invalid(path, "", show(value), path + " in body must not validate the schema (not)");
    }
  }

  private static Object show(JsonNode value) {
    return value.isTextual() ? value.textValue() : value;
  }

  private static int count(JsonNode schemas, JsonNode value) {
    int n = 0;
    for (JsonNode s : schemas) {
      n += fits(s, value) ? 1 : 0;
    }
    return n;
  }

  /** Whether a value meets a schema that stands inside a logical keyword. */
  private static boolean fits(JsonNode schema, JsonNode value) {
    if (!(schema instanceof ObjectNode rules)) {
      return true;
    }
    String type = rules.path("type").asText("");
    boolean typed =
        switch (type) {
          case "object" -> value.isObject();
          case "array" -> value.isArray();
          case "string" -> value.isTextual();
          case "integer" -> value.isIntegralNumber();
          case "number" -> value.isNumber();
          case "boolean" -> value.isBoolean();
          default -> true;
        };
    if (!typed) {
      return false;
    }
    FieldErrors errors = new FieldErrors();
    check(rules, value, FieldPath.ROOT, errors);
    if (!errors.isEmpty()) {
      return false;
    }
    if (value.isObject()) {
      for (JsonNode required : rules.path("required")) {
        if (!value.has(required.asText())) {
          return false;
        }
      }
      for (var e : rules.path("properties").properties()) {
        JsonNode child = value.get(e.getKey());
        if (child != null && !fits(e.getValue(), child)) {
          return false;
        }
      }
    }
    if (value.isArray() && rules.has("items")) {
      for (JsonNode item : value) {
        if (!fits(rules.get("items"), item)) {
          return false;
        }
      }
    }
    return true;
  }
}
