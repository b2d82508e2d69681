package dev.coracle.api.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Why a value of a tree does not become one of Go's types, in the words of upstream's converter of
 * unstructured objects: strategic merge patches are told in these, all else in those of JSON.
 */
final class GoConversion {

  private GoConversion() {}

  /**
   * @param token of a value that does not fit the type; the parser stands at it
   */
  static String refusal(SchemaType type, JsonToken token, JsonParser parser) throws IOException {
    String from = kind(token, parser);
    return switch (type.kind()) {
      case OBJECT -> "cannot restore struct from: " + from;
      case MAP -> "cannot restore map from " + from;
      case LIST, BYTES -> "cannot restore slice from " + from;
      case STRING -> from.equals("int64") ? converted(from, type) : unrecognized(type);
      case INTEGER, NUMBER -> token.isNumeric() ? converted(from, type) : unrecognized(type);
      case BOOLEAN -> unrecognized(type);
      case INT_OR_STRING, QUANTITY, TIME, MICRO_TIME, RAW_OBJECT, RAW ->
          "json: cannot unmarshal " + json(token) + " into Go value of type " + inside(type);
    };
  }

  private static String converted(String from, SchemaType type) {
    return "cannot convert " + from + " to " + GoScalars.typeName(type);
  }

  private static String unrecognized(SchemaType type) {
    return "unrecognized type: " + GoScalars.typeName(type);
  }

  private static String kind(JsonToken token, JsonParser parser) throws IOException {
    return switch (token) {
      case START_OBJECT -> "map";
      case START_ARRAY -> "slice";
      case VALUE_TRUE, VALUE_FALSE -> "bool";
      case VALUE_NUMBER_INT -> "int64";
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue() % 1 == 0 ? "int64" : "float64";
      default -> "string";
    };
  }

  /** What stands there in JSON, as Go names it. */
  static String json(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "object";
      case START_ARRAY -> "array";
      case VALUE_TRUE, VALUE_FALSE -> "bool";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "number";
      default -> "string";
    };
  }

  /** What such a type reads itself from. */
  private static String inside(SchemaType type) {
    return switch (type.kind()) {
      case INT_OR_STRING -> "int32";
      case TIME, MICRO_TIME -> "string";
      default -> GoScalars.typeName(type);
    };
  }
}
