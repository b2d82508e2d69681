package dev.coracle.api.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One pass over one document. Where it stands is a stack of names and indexes, rendered only when
 * there is something to complain about. Of several values that do not fit the first one is told, as
 * Go does. Confined to one thread.
 */
final class DecodeReader {

  private static final int MAX_PROBLEMS = 100;
  private static final SchemaType RAW = SchemaType.scalar(Kind.RAW, 0);

  private final JsonParser parser;
  private final List<String> problems = new ArrayList<>(0);
  private @Nullable String error;

  /** Names; null at a list level, whose index stands beside it. */
  private @Nullable String[] names = new String[16];

  private int[] indexes = new int[16];
  private SchemaType[] owners = new SchemaType[16];
  private int depth;

  DecodeReader(JsonParser parser) {
    this.parser = parser;
  }

  List<String> problems() {
    return problems;
  }

  @Nullable String error() {
    return error;
  }

  ObjectNode document(SchemaType type) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw StatusException.badRequest("the document is not a JSON object");
    }
    return object(type);
  }

  private @Nullable JsonNode value(SchemaType type, JsonToken token) throws IOException {
    if (token == JsonToken.VALUE_NULL) {
      return type.structural() || type.kind() == Kind.RAW ? Json.NODES.nullNode() : null;
    }
    if (type.structural()) {
      return structural(type, token);
    }
    return switch (type.kind()) {
      case OBJECT -> token == JsonToken.START_OBJECT ? object(type) : mismatch(type, token);
      case MAP -> token == JsonToken.START_OBJECT ? map(type) : mismatch(type, token);
      case LIST -> token == JsonToken.START_ARRAY ? list(type) : mismatch(type, token);
      case RAW -> raw();
      case RAW_OBJECT -> token == JsonToken.START_OBJECT ? raw() : mismatch(type, token);
      case STRING, BYTES, INTEGER, NUMBER, BOOLEAN, INT_OR_STRING, QUANTITY, TIME, MICRO_TIME ->
          scalar(type, token);
    };
  }

  private @Nullable JsonNode scalar(SchemaType type, JsonToken token) throws IOException {
    JsonNode node;
    try {
      node = GoScalars.read(type, token, parser);
    } catch (IllegalArgumentException e) {
      fail(String.valueOf(e.getMessage()));
      return null;
    }
    return node == null ? mismatch(type, token) : node;
  }

  /** A custom resource's value: pruned below, but of whatever type it is. */
  private JsonNode structural(SchemaType type, JsonToken token) throws IOException {
    if (token == JsonToken.START_OBJECT) {
      return switch (type.kind()) {
        case OBJECT -> object(type);
        case MAP -> map(type);
        case RAW_OBJECT, RAW -> type.fields().isEmpty() ? raw() : object(type);
        default -> raw();
      };
    }
    return token == JsonToken.START_ARRAY && type.kind() == Kind.LIST ? list(type) : raw();
  }

  private ObjectNode object(SchemaType type) throws IOException {
    ObjectNode out = Json.object();
    SchemaType.Body body = type.body();
    push(type);
    int level = depth - 1;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      names[level] = name;
      SchemaField field = body.fields().get(name);
      SchemaType child = field != null ? field.type() : body.element();
      if (child == null) {
        if (body.preserveUnknown() || type.kind() == Kind.RAW_OBJECT || type.kind() == Kind.RAW) {
          put(out, name, raw());
        } else {
          problem("unknown field ");
          parser.skipChildren();
        }
        continue;
      }
      JsonNode value = value(child, token);
      if (value != null) {
        put(out, name, value);
      }
    }
    depth = level;
    return out;
  }

  private ObjectNode map(SchemaType type) throws IOException {
    ObjectNode out = Json.object();
    SchemaType element = type.item();
    push(type);
    int level = depth - 1;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      names[level] = name;
      JsonNode value = value(element, token);
      put(out, name, value == null ? zero(element) : value);
    }
    depth = level;
    return out;
  }

  private ArrayNode list(SchemaType type) throws IOException {
    ArrayNode out = Json.array();
    SchemaType element = type.item();
    push(type);
    int level = depth - 1;
    names[level] = null;
    int i = 0;
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      indexes[level] = i++;
      JsonNode value = value(element, t);
      out.add(value == null ? zero(element) : value);
    }
    depth = level;
    return out;
  }

  /** The value at the current token, whatever it is; duplicate fields are told here too. */
  private JsonNode raw() throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        ObjectNode out = Json.object();
        push(RAW);
        int level = depth - 1;
        for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
          parser.nextToken();
          names[level] = name;
          put(out, name, raw());
        }
        depth = level;
        yield out;
      }
      case START_ARRAY -> {
        ArrayNode out = Json.array();
        push(RAW);
        int level = depth - 1;
        names[level] = null;
        int i = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          indexes[level] = i++;
          out.add(raw());
        }
        depth = level;
        yield out;
      }
      case VALUE_STRING -> Json.NODES.textNode(parser.getText());
      case VALUE_TRUE -> Json.NODES.booleanNode(true);
      case VALUE_FALSE -> Json.NODES.booleanNode(false);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> GoScalars.number(parser);
      default -> Json.NODES.nullNode();
    };
  }

  private void put(ObjectNode out, String name, JsonNode value) {
    if (out.replace(name, value) != null) {
      problem("duplicate field ");
    }
  }

  /** What Go leaves where a null stands in a list or map. */
  private static JsonNode zero(SchemaType type) {
    return switch (type.kind()) {
      case OBJECT, MAP, RAW_OBJECT -> Json.object();
      case LIST -> Json.array();
      case INTEGER, NUMBER, INT_OR_STRING -> Json.NODES.numberNode(0);
      case BOOLEAN -> Json.NODES.booleanNode(false);
      case QUANTITY -> Json.NODES.textNode("0");
      case STRING, BYTES -> Json.NODES.textNode("");
      case TIME, MICRO_TIME, RAW -> Json.NODES.nullNode();
    };
  }

  private @Nullable JsonNode mismatch(SchemaType type, JsonToken token) throws IOException {
    String got =
        switch (token) {
          case START_OBJECT -> "object";
          case START_ARRAY -> "array";
          case VALUE_TRUE, VALUE_FALSE -> "bool";
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
              type.kind() == Kind.INTEGER || type.kind() == Kind.INT_OR_STRING
                  ? "number " + parser.getText()
                  : "number";
          default -> "string";
        };
    parser.skipChildren();
    String struct = "";
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      String name = names[i];
      if (owners[i].kind() == Kind.OBJECT && name != null) {
        struct = owners[i].shortName();
        path.append(path.isEmpty() ? "" : ".").append(name);
      }
    }
    fail(
        "json: cannot unmarshal "
            + got
            + " into Go struct field "
            + struct
            + "."
            + path
            + " of type "
            + GoScalars.typeName(type));
    return null;
  }

  private void fail(String message) {
    if (error == null) {
      error = message;
    }
  }

  private void problem(String what) {
    if (problems.size() < MAX_PROBLEMS) {
      StringBuilder path = new StringBuilder();
      for (int i = 0; i < depth; i++) {
        String name = names[i];
        if (name == null) {
          path.append('[').append(indexes[i]).append(']');
        } else {
          path.append(path.isEmpty() ? "" : ".").append(name);
        }
      }
      problems.add(what + "\"" + path + "\"");
    }
  }

  private void push(SchemaType owner) {
    if (depth == names.length) {
      names = Arrays.copyOf(names, depth * 2);
      indexes = Arrays.copyOf(indexes, depth * 2);
      owners = Arrays.copyOf(owners, depth * 2);
    }
    owners[depth++] = owner;
  }
}
