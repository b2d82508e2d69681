package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Values as Go's {@code %v} and {@code encoding/json} write them, where Kubernetes' texts show
 * them.
 */
public final class GoText {

  private GoText() {}

  /** A float64 as {@code %v} has it: {@code 2.5}, {@code 1e+06}, {@code 1.5e-07}. */
  public static String of(double value) {
    return number(value, -4, 6, "e%+03d");
  }

  /** Any value as {@code %v} has it: {@code map[a:1 b:[x y]]}. */
  public static String of(JsonNode value) {
    if (value instanceof ObjectNode object) {
      return object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .map(field -> field.getKey() + ":" + of(field.getValue()))
          .collect(Collectors.joining(" ", "map[", "]"));
    }
    if (value.isArray()) {
      return value.valueStream().map(GoText::of).collect(Collectors.joining(" ", "[", "]"));
    }
    if (value.isNull()) {
      return "<nil>";
    }
    return value.isFloatingPointNumber() ? of(value.doubleValue()) : value.asText();
  }

  /** A value's Go type where JSON is read into no struct. */
  public static String typeOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case OBJECT -> "map[string]interface {}";
      case ARRAY -> "[]interface {}";
      case STRING -> "string";
      case BOOLEAN -> "bool";
      case NUMBER -> value.isIntegralNumber() && value.canConvertToLong() ? "int64" : "float64";
      default -> "<nil>";
    };
  }

  /**
   * Compact JSON, its fields in the order of their names, with {@code <}, {@code >} and {@code &}
   * escaped.
   */
  public static String json(JsonNode value) {
    StringBuilder out = new StringBuilder();
    json(value, out);
    return out.toString();
  }

  private static void json(JsonNode value, StringBuilder out) {
    if (value instanceof ObjectNode object) {
      out.append('{');
      object.properties().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(field -> {
            text(field.getKey(), out);
            out.append(':');
            json(field.getValue(), out);
            out.append(',');
          });
      close(out, '}');
    } else if (value.isArray()) {
      out.append('[');
      for (JsonNode item : value) {
        json(item, out);
        out.append(',');
      }
      close(out, ']');
    } else if (value.isTextual()) {
      text(value.textValue(), out);
    } else if (value.isFloatingPointNumber()) {
      out.append(number(value.doubleValue(), -6, 21, "e%+d"));
    } else {
      out.append(value);
    }
  }

  private static void close(StringBuilder out, char bracket) {
    if (out.charAt(out.length() - 1) == ',') {
      out.setLength(out.length() - 1);
    }
    out.append(bracket);
  }

  private static void text(String text, StringBuilder out) {
    String quoted = Json.NODES.textNode(text).toString();
    for (int i = 0; i < quoted.length(); i++) {
      char c = quoted.charAt(i);
      if (c == '<' || c == '>' || c == '&' || c == 0x2028 || c == 0x2029) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
  }

  private static String number(double value, int small, int large, String exponentForm) {
    BigDecimal shortest = new BigDecimal(Double.toString(value)).stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (shortest.signum() == 0 || exponent >= small && exponent < large) {
      return shortest.toPlainString();
    }
    return shortest.scaleByPowerOfTen(-exponent).toPlainString()
        + String.format(Locale.ROOT, exponentForm, exponent);
  }

  /** What Go says of a text that {@link Long#parseLong(String)} does not take. */
  public static String notAnInteger(String text) {
    return notParsed("ParseInt", text.matches("[+-]?[0-9]+"), text);
  }

  /** What Go says of a text that is no unsigned number of 64 bits. */
  public static String noUint(String text) {
    return notParsed("ParseUint", text.matches("[0-9]+"), text);
  }

  private static String notParsed(String function, boolean digits, String text) {
    return "strconv."
        + function
        + ": parsing "
        + GoQuote.of(text)
        + (digits ? ": value out of range" : ": invalid syntax");
  }
}
