package dev.coracle.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.patch.Trees;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * OpenAPI's value validations of one node: its type, ranges, lengths, patterns and formats, in the
 * words and the order of upstream's validator (kube-openapi).
 */
final class Constraints {

  private Constraints() {}

  /**
   * Type, logic and the limits of texts and numbers: what comes before a value's children.
   *
   * @param types that the value may have; empty for any
   * @return how many checks there were, by which {@link SchemaLogic} tells which of several schemas
   *     a value comes nearest to
   */
  static int begin(
      ObjectNode rules, List<String> types, JsonNode value, FieldPath path, FieldErrors errors) {
    String said = rules.path("format").asText("");
    String format = Formats.isKnown(types.size() == 1 ? types.getFirst() : "", said) ? said : "";
    int checks = 1;
    if (!types.isEmpty() || !format.isEmpty()) {
      checks += type(types, format, value, path, errors) ? 2 : 1;
    }
    checks += 1 + SchemaLogic.check(rules, value, path, errors);
    if (value.isTextual()) {
      text(rules, format, value.textValue(), path, errors);
      checks += format.isEmpty() ? 1 : 2;
    } else if (value.isNumber()) {
      number(rules, types, format, value, path, errors);
      checks += 2;
    }
    return checks;
  }

  /** What comes after a list's items, and before an object's fields. */
  static int end(ObjectNode rules, JsonNode value, FieldPath path, FieldErrors errors) {
    int checks = 1;
    if (value instanceof ArrayNode array) {
      count(rules, array.size(), "Items", path, errors);
      if (rules.path("uniqueItems").asBoolean()) {
        unique(array, path, errors);
      }
      checks += 2;
    }
    if (rules.get("enum") instanceof ArrayNode allowed) {
      enumeration(allowed, value, path, errors);
    }
    if (value instanceof ObjectNode object) {
      count(rules, object.size(), "Properties", path, errors);
      checks++;
    }
    return checks;
  }

  /** Whether the value has one of the types; a format that does not fit its type is one too. */
  private static boolean type(
      List<String> types, String format, JsonNode value, FieldPath path, FieldErrors errors) {
    boolean integer = value.isIntegralNumber() && value.canConvertToLong();
    boolean number = value.isNumber() && !integer;
    String is = number ? "number" : SchemaValidator.typeName(value);
    boolean wanted =
        types.contains(is)
            || number && types.contains("integer") && isWhole(value.doubleValue())
            || integer && types.contains("number");
    boolean formed = value.isTextual() || value.isArray();
    String isFormat = integer ? "int64" : number ? "float64" : "";
    if (!formed && !format.isEmpty() && !wanted && !format.equals(isFormat)) {
      wrongType(path, format, isFormat, errors);
      return false;
    }
    boolean ofNumbers = types.contains("number") || types.contains("integer");
    if (wanted || types.isEmpty() || formed && !format.isEmpty() && !ofNumbers) {
      return true;
    }
    wrongType(path, String.join(",", types), is, errors);
    return false;
  }

  /** As far as a float64 is exact. */
  private static boolean isWhole(double value) {
    return value % 1 == 0 && Math.abs(value) < 0x1p53;
  }

  static void wrongType(FieldPath path, String wanted, String is, FieldErrors errors) {
    errors.typeInvalid(
        path, "", is, path.inBody() + " in body must be of type " + wanted + ": \"" + is + "\"");
  }

  private static void enumeration(
      ArrayNode allowed, JsonNode value, FieldPath path, FieldErrors errors) {
    List<String> texts = new ArrayList<>();
    for (JsonNode a : allowed) {
      if (Trees.equal(a, value)) {
        return;
      }
      texts.add(a.isTextual() ? a.textValue() : a.toString());
    }
    errors.unsupported(path, "", value.isTextual() ? value.textValue() : value, texts);
  }

  /** Of a text the first fault alone is told, beside its format. */
  private static void text(
      ObjectNode rules, String format, String value, FieldPath path, FieldErrors errors) {
    int length = value.codePointCount(0, value.length());
    String pattern = rules.path("pattern").asText("");
    if (rules.has("maxLength") && length > rules.get("maxLength").asLong()) {
      errors.tooLong(path, "", rules.get("maxLength").asInt());
    } else if (rules.has("minLength") && length < rules.get("minLength").asLong()) {
      errors.invalid(
          path,
          "",
          value,
          path.inBody()
              + " in body should be at least "
              + rules.get("minLength").asLong()
              + " chars long");
    } else if (!pattern.isEmpty() && !GoPatterns.isFound(pattern, value)) {
      errors.invalid(path, "", value, path.inBody() + " in body should match '" + pattern + "'");
    }
    if (!format.isEmpty() && !Formats.accepts(format, value)) {
      errors.typeInvalid(
          path,
          "",
          value,
          path.inBody() + " in body must be of type " + format + ": \"" + value + "\"");
    }
  }

  /** A limit as Go prints it: an int64 beside a value that is one, else the shortest float64. */
  private static String limit(JsonNode limit, JsonNode value) {
    if (value.isIntegralNumber()) {
      return limit.decimalValue().toBigInteger().toString();
    }
    return GoText.of(limit.doubleValue());
  }

  private static void number(
      ObjectNode rules,
      List<String> types,
      String format,
      JsonNode node,
      FieldPath path,
      FieldErrors errors) {
    if (types.size() == 1) {
      range(types.getFirst(), format, node, path, errors);
    }
    BigDecimal value = node.decimalValue();
    if (rules.path("multipleOf").isNumber()) {
      BigDecimal of = rules.get("multipleOf").decimalValue();
      if (of.signum() != 0 && value.remainder(of).signum() != 0) {
        errors.invalid(
            path,
            "",
            node,
            path.inBody()
                + " in body should be a multiple of "
                + limit(rules.get("multipleOf"), node));
      }
    }
    boundary(rules, "minimum", "exclusiveMinimum", -1, "greater", node, path, errors);
    boundary(rules, "maximum", "exclusiveMaximum", 1, "less", node, path, errors);
  }

  private static void boundary(
      ObjectNode rules,
      String field,
      String exclusiveField,
      int beyond,
      String word,
      JsonNode node,
      FieldPath path,
      FieldErrors errors) {
    if (!rules.has(field)) {
      return;
    }
    boolean exclusive = rules.path(exclusiveField).asBoolean();
    int order = Integer.signum(node.decimalValue().compareTo(rules.get(field).decimalValue()));
    if (order == beyond || exclusive && order == 0) {
      errors.invalid(
          path,
          "",
          node,
          path.inBody()
              + " in body should be "
              + word
              + " than "
              + (exclusive ? "" : "or equal to ")
              + limit(rules.get(field), node));
    }
  }

  /** Whether a number can be one of its type and format; told without a field, as upstream does. */
  private static void range(
      String type, String format, JsonNode node, FieldPath path, FieldErrors errors) {
    boolean whole = node.isIntegralNumber() || node.doubleValue() % 1 == 0;
    boolean fits =
        switch (type) {
          case "integer" ->
              whole && (format.equals("int32") ? node.canConvertToInt() : node.canConvertToLong());
          case "number" -> !format.equals("float") || Float.isFinite((float) node.doubleValue());
          default -> true;
        };
    if (!fits) {
      boolean known = format.equals("int32") || format.equals("int64") || format.equals("float");
      SchemaLogic.fault(
          "Checked value must be of type "
              + type
              + (known ? " with format " + format : " (default format)")
              + " in "
              + path,
          errors);
    }
  }

  private static void count(
      ObjectNode rules, int size, String what, FieldPath path, FieldErrors errors) {
    if (rules.has("min" + what) && size < rules.get("min" + what).asLong()) {
      String plural = what.equals("Items") ? "items" : "properties";
      errors.invalid(
          path,
          "",
          size,
          path.inBody()
              + " in body should have at least "
              + rules.get("min" + what).asLong()
              + " "
              + plural);
    }
    if (rules.has("max" + what) && size > rules.get("max" + what).asLong()) {
      errors.tooMany(path, "", size, rules.get("max" + what).asInt());
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
}
