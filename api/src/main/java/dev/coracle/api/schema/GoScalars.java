package dev.coracle.api.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Reads scalars as Go's types do, into the form in which Kubernetes writes them back. */
final class GoScalars {

  private GoScalars() {}

  /**
   * Null when the token has the wrong type.
   *
   * @throws IllegalArgumentException when the type is right and the form is not, with upstream's
   *     words
   */
  static @Nullable JsonNode read(SchemaType type, JsonToken token, JsonParser parser)
      throws IOException {
    boolean text = token == JsonToken.VALUE_STRING;
    return switch (type.kind()) {
      case STRING -> text ? Json.NODES.textNode(parser.getText()) : null;
      case BOOLEAN ->
          token.isBoolean() ? Json.NODES.booleanNode(token == JsonToken.VALUE_TRUE) : null;
      case INTEGER -> integer(token, parser, type.bits());
      case INT_OR_STRING ->
          text ? Json.NODES.textNode(parser.getText()) : integer(token, parser, 32);
      case NUMBER -> token.isNumeric() ? number(parser) : null;
      case QUANTITY ->
          text || token.isNumeric() ? Json.NODES.textNode(quantity(parser.getText())) : null;
      case BYTES -> text ? Json.NODES.textNode(base64(parser.getText())) : null;
      case TIME, MICRO_TIME ->
          text ? Json.NODES.textNode(time(parser.getText(), type.kind())) : null;
      default -> throw new IllegalStateException(type.kind().toString());
    };
  }

  /**
   * The number at the current token, in the smallest node that holds it, as a tree has it. A whole
   * number loses its decimal point, as it does where Go writes a float64.
   *
   * @throws Decoder.TypeException when it is greater than a float64 can be
   */
  static JsonNode number(JsonParser parser) throws IOException {
    return switch (parser.getNumberType()) {
      case INT -> Json.NODES.numberNode(parser.getIntValue());
      case LONG -> smallest(parser.getLongValue());
      case BIG_INTEGER -> Json.NODES.numberNode(parser.getBigIntegerValue());
      default -> {
        double value = parser.getDoubleValue();
        if (Double.isInfinite(value)) {
          String words =
              "json: cannot unmarshal number "
                  + parser.getText()
                  + " into Go value of type float64";
          throw new Decoder.TypeException(words, words);
        }
        yield value % 1 == 0 && Math.abs(value) < 0x1p63
            ? smallest((long) value)
            : Json.NODES.numberNode(value);
      }
    };
  }

  /** A tree may hold a small number as a long: it becomes what the bytes would have given. */
  private static JsonNode smallest(long value) {
    return value == (int) value ? Json.NODES.numberNode((int) value) : Json.NODES.numberNode(value);
  }

  private static @Nullable JsonNode integer(JsonToken token, JsonParser parser, int bits)
      throws IOException {
    if (token != JsonToken.VALUE_NUMBER_INT) {
      return null;
    }
    return switch (parser.getNumberType()) {
      case INT -> Json.NODES.numberNode(parser.getIntValue());
      case LONG -> {
        JsonNode number = smallest(parser.getLongValue());
        yield bits == 32 && !number.isInt() ? null : number;
      }
      default -> null;
    };
  }

  /** The canonical form; the common notations are recognised without arithmetic. */
  static String quantity(String text) {
    return isCanonical(text) ? text : Quantity.parse(text.strip()).toString();
  }

  /**
   * Up to 15 digits without a leading zero and a plain suffix, that no greater suffix could
   * shorten.
   */
  private static boolean isCanonical(String text) {
    int n = text.length();
    int i = 0;
    long number = 0;
    while (i < n && i < 16 && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
      number = number * 10 + (text.charAt(i) - '0');
      i++;
    }
    if (i == 0 || i == 16 || text.charAt(0) == '0') {
      return n == 1 && i == 1;
    }
    if (i == n) {
      return number % 1000 != 0;
    }
    char s = text.charAt(i);
    if (n - i == 1) {
      return (s == 'm' || s == 'k' || s == 'M' || s == 'G') && number % 1000 != 0;
    }
    return n - i == 2
        && text.charAt(i + 1) == 'i'
        && (s == 'K' || s == 'M' || s == 'G')
        && number % 1024 != 0;
  }

  private static String time(String text, SchemaType.Kind kind) {
    if (kind == SchemaType.Kind.TIME
        && text.length() == 20
        && text.charAt(19) == 'Z'
        && Timestamps.parse(text) != null) {
      return text;
    }
    Instant instant = Timestamps.parse(text);
    if (instant == null) {
      String layout =
          kind == SchemaType.Kind.TIME
              ? "2006-01-02T15:04:05Z07:00"
              : "2006-01-02T15:04:05.000000Z07:00";
      throw new IllegalArgumentException(
          "parsing time \""
              + text
              + "\" as \""
              + layout
              + "\": cannot parse \""
              + text
              + "\" as \"2006\"");
    }
    return kind == SchemaType.Kind.TIME ? Timestamps.time(instant) : Timestamps.microTime(instant);
  }

  private static String base64(String text) {
    String data = text;
    if (data.indexOf('\n') >= 0 || data.indexOf('\r') >= 0) {
      data = data.replace("\n", "").replace("\r", "");
    }
    int n = data.length();
    int content = n;
    if (n > 0 && data.charAt(n - 1) == '=') {
      content = n > 1 && data.charAt(n - 2) == '=' ? n - 2 : n - 1;
    }
    for (int i = 0; i < content; i++) {
      char c = data.charAt(i);
      boolean ok =
          c >= 'A' && c <= 'Z'
              || c >= 'a' && c <= 'z'
              || c >= '0' && c <= '9'
              || c == '+'
              || c == '/';
      if (!ok) {
        throw new IllegalArgumentException("illegal base64 data at input byte " + i);
      }
    }
    if (n % 4 != 0 || content % 4 == 1) {
      throw new IllegalArgumentException("illegal base64 data at input byte " + (content / 4 * 4));
    }
    return data;
  }

  /** The Go type, as its decoder names it in errors. */
  static String typeName(SchemaType type) {
    return switch (type.kind()) {
      // Times decode themselves, as texts.
      case STRING, TIME, MICRO_TIME -> "string";
      case BYTES -> "[]uint8";
      case INTEGER -> type.bits() == 32 ? "int32" : "int64";
      // It reads what is no text as a number.
      case INT_OR_STRING -> "int32";
      case NUMBER -> "float64";
      case BOOLEAN -> "bool";
      case QUANTITY -> "resource.Quantity";
      case LIST -> "[]" + itemName(type.item());
      case MAP ->
          type.item().kind() == SchemaType.Kind.QUANTITY
              ? "v1.ResourceList"
              : "map[string]" + itemName(type.item());
      case RAW_OBJECT -> "runtime.RawExtension";
      case RAW -> "interface {}";
      case OBJECT -> {
        String[] parts = type.name().split("\\.");
        yield parts.length < 2 ? type.name() : parts[parts.length - 2] + "." + type.shortName();
      }
    };
  }

  private static String itemName(SchemaType type) {
    return switch (type.kind()) {
      case TIME -> "v1.Time";
      case MICRO_TIME -> "v1.MicroTime";
      case INT_OR_STRING -> "intstr.IntOrString";
      default -> typeName(type);
    };
  }
}
