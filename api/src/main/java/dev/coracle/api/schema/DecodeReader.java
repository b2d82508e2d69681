package dev.coracle.api.schema;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One pass over one document. Where it stands is a stack of names and indexes, rendered only when
 * there is something to complain about. Of several values that do not fit the first one is told, as
 * Go does. Confined to one thread.
 */
final class DecodeReader {

  private static final int MAX_PROBLEMS = 100;
  private static final SchemaType RAW = SchemaType.scalar(Kind.RAW, 0);

  /** What a custom resource's schema knows nothing of: objects lose all their fields. */
  private static final SchemaType BARE = SchemaType.unknown();

  private final JsonParser parser;
  private final boolean settles;

  /** Where the document stands in a larger one. */
  private final String prefix;

  private final List<String> problems = new ArrayList<>(0);

  /**
   * Unknown fields of custom resources, which are told after all that stands twice and in the order
   * of these lists, each sorted: those of metadata, those that the schema does not have, and those
   * of the metadata of objects inside.
   */
  private final List<String> ofMetadata = new ArrayList<>(0);

  private final List<String> pruned = new ArrayList<>(0);
  private final List<String> inside = new ArrayList<>(0);

  private Decoder.@Nullable TypeException error;

  /** Whether Go would not have read behind the error. */
  private boolean ended;

  /** At which depth a Go struct begins of its own: that of a custom resource's metadata. */
  private int structAt;

  /** Names; null at a list level, whose index stands beside it. */
  private @Nullable String[] names = new String[16];

  private int[] indexes = new int[16];
  private SchemaType[] owners = new SchemaType[16];
  private int depth;

  /**
   * @param settles whether typed objects look afterwards as Go writes them: without zeros that say
   *     nothing, and with those that are always there
   */
  DecodeReader(JsonParser parser, boolean settles) {
    this(parser, settles, "");
  }

  private DecodeReader(JsonParser parser, boolean settles, String prefix) {
    this.parser = parser;
    this.settles = settles;
    this.prefix = prefix;
  }

  /** To be asked for once, when all is read. */
  List<String> problems() {
    for (List<String> more : List.of(ofMetadata, pruned, inside)) {
      Collections.sort(more);
      problems.addAll(more);
    }
    if (problems.size() > MAX_PROBLEMS) {
      problems.subList(MAX_PROBLEMS, problems.size()).clear();
    }
    return problems;
  }

  Decoder.@Nullable TypeException error() {
    return error;
  }

  /** Reads whatever there is, for what stands twice in it. */
  List<String> duplicates() throws IOException {
    parser.nextToken();
    raw();
    return problems();
  }

  ObjectNode document(SchemaType type) throws IOException {
    JsonToken token = parser.nextToken();
    if (token == JsonToken.START_OBJECT) {
      return object(type);
    }
    throw StatusException.badRequest(
        token == null
            ? "unexpected end of JSON input"
            : Decoder.noDocument(
                switch (token) {
                  case START_ARRAY -> "array";
                  case VALUE_STRING -> "string";
                  case VALUE_TRUE, VALUE_FALSE -> "bool";
                  case VALUE_NULL -> "null";
                  default -> "number";
                }));
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
      case MAP -> token == JsonToken.START_OBJECT ? map(type, type.item()) : mismatch(type, token);
      case LIST -> token == JsonToken.START_ARRAY ? list(type, type.item()) : mismatch(type, token);
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
      String words = String.valueOf(e.getMessage());
      fail(decodesItself(type), words, words);
      return null;
    }
    return node == null ? mismatch(type, token) : node;
  }

  /**
   * A custom resource's value: pruned below, but of whatever type it is. Where the schema allows
   * any additional property it says nothing of what is in them, so that is pruned too.
   */
  private JsonNode structural(SchemaType type, JsonToken token) throws IOException {
    boolean kept = type.preservesUnknownFields() || type.kind() == Kind.RAW;
    if (token == JsonToken.START_OBJECT) {
      return switch (type.kind()) {
        case OBJECT -> object(type);
        case MAP -> map(type, type.item());
        case RAW_OBJECT -> map(type, BARE);
        default -> kept ? raw() : object(BARE);
      };
    }
    if (token == JsonToken.START_ARRAY) {
      return type.kind() == Kind.LIST ? list(type, type.item()) : kept ? raw() : list(type, BARE);
    }
    return raw();
  }

  private ObjectNode object(SchemaType type) throws IOException {
    ObjectNode out = Json.object();
    SchemaType.Body body = type.body();
    List<String> zeros = null;
    push(type);
    int level = depth - 1;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      names[level] = name;
      SchemaField field = body.fields().get(name);
      SchemaType child = field != null ? field.type() : body.element();
      if (child == null) {
        if (body.preserveUnknown()) {
          put(out, name, raw());
        } else {
          unknown();
          parser.skipChildren();
        }
        continue;
      }
      if (token == JsonToken.VALUE_NULL && child.dropsNull()) {
        continue;
      }
      JsonNode value =
          type.structural() && !child.structural()
              ? typed(child, name, token)
              : value(child, token);
      if (value == null) {
        continue;
      }
      put(out, name, value);
      if (field != null
          && field.whenEmpty() == WhenEmpty.LEFT_OUT
          && Zeros.isZero(value)
          && !asksToForgetManagers(level, value)) {
        zeros = zeros == null ? new ArrayList<>() : zeros;
        zeros.add(name);
      }
    }
    if (settles) {
      settle(type, out, zeros);
    }
    depth = level;
    return out;
  }

  /** An empty list of managers is a wish, unlike none; who stores the object answers it. */
  private boolean asksToForgetManagers(int level, JsonNode value) {
    return level == 1
        && prefix.isEmpty()
        && value.isArray()
        && "managedFields".equals(names[1])
        && "metadata".equals(names[0]);
  }

  private static void settle(SchemaType type, ObjectNode out, @Nullable List<String> zeros) {
    if (zeros != null) {
      for (String name : zeros) {
        JsonNode value = out.get(name);
        // A name that stands twice may have another value now.
        if (value != null && Zeros.isZero(value)) {
          out.remove(name);
        }
      }
    }
    Zeros.fill(type, out);
    for (SchemaField field : type.everPresent()) {
      Kind kind = field.type().kind();
      boolean many = kind == Kind.LIST || kind == Kind.MAP || kind == Kind.BYTES;
      if (many
          && field.whenEmpty() == WhenEmpty.NULL
          && Zeros.isZero(out.get(field.name()))
          && isStoredAsProtobuf(type)) {
        out.putNull(field.name());
      }
    }
  }

  /**
   * What protobuf kept has no empty lists and maps, only none; definitions and APIServices are kept
   * as JSON upstream.
   */
  private static boolean isStoredAsProtobuf(SchemaType type) {
    return !type.name().startsWith("io.k8s.apiextensions-apiserver.")
        && !type.name().startsWith("io.k8s.kube-aggregator.");
  }

  /** What a custom resource, or an object inside one, has by being an object. */
  private @Nullable JsonNode typed(SchemaType type, String name, JsonToken token)
      throws IOException {
    if (depth == 1 && prefix.isEmpty()) {
      structAt = name.equals("metadata") ? 1 : 0;
      JsonNode value = value(type, token);
      structAt = 0;
      return value;
    }
    JsonNode given = raw();
    if (!name.equals("metadata")) {
      if (!given.isTextual()) {
        unfit(given, "must be a string");
      }
      return given;
    }
    if (given.isNull()) {
      return Json.object();
    }
    try (JsonParser inner = given.traverse(Json.MAPPER)) {
      DecodeReader reader = new DecodeReader(inner, settles, path(false));
      JsonNode value = reader.value(type, Objects.requireNonNull(inner.nextToken()));
      if (reader.error != null) {
        unfit(given, reader.error.words());
      }
      reader.problems().stream()
          .limit(MAX_PROBLEMS - Math.min(MAX_PROBLEMS, inside.size()))
          .forEach(inside::add);
      return value;
    }
  }

  private void unfit(JsonNode value, String why) {
    String words = path(true) + ": Invalid value: " + value + ": " + why;
    fail(false, words, words);
  }

  private ObjectNode map(SchemaType type, SchemaType element) throws IOException {
    ObjectNode out = Json.object();
    push(type);
    int level = depth - 1;
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      names[level] = name;
      if (token != JsonToken.VALUE_NULL || !element.dropsNull()) {
        JsonNode value = value(element, token);
        put(out, name, value == null ? Zeros.of(element) : value);
      }
    }
    depth = level;
    return out;
  }

  private ArrayNode list(SchemaType type, SchemaType element) throws IOException {
    ArrayNode out = Json.array();
    push(type);
    int level = depth - 1;
    names[level] = null;
    int i = 0;
    for (JsonToken t = parser.nextToken(); t != JsonToken.END_ARRAY; t = parser.nextToken()) {
      indexes[level] = i++;
      JsonNode value = value(element, t);
      out.add(value == null ? Zeros.of(element) : value);
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
      problem(problems, "duplicate field ");
    }
  }

  private @Nullable JsonNode mismatch(SchemaType type, JsonToken token) throws IOException {
    boolean shown =
        token.isNumeric() && (type.kind() == Kind.INTEGER || type.kind() == Kind.INT_OR_STRING);
    String got = GoConversion.json(token) + (shown ? " " + parser.getText() : "");
    String converted = GoConversion.refusal(type, token, parser);
    parser.skipChildren();
    if (type.kind() == Kind.QUANTITY) {
      fail(true, Quantity.UNREADABLE, Quantity.UNREADABLE);
      return null;
    }
    String struct = "";
    String named = null;
    StringBuilder path = new StringBuilder();
    for (int i = structAt; i < depth; i++) {
      String name = names[i];
      if (owners[i].kind() == Kind.OBJECT && name != null) {
        struct = owners[i].shortName();
        path.append(path.isEmpty() ? "" : ".").append(GoNames.path(owners[i], name));
        named = GoNames.type(owners[i], name, depth - 1 - i);
      }
    }
    fail(
        decodesItself(type),
        "json: cannot unmarshal "
            + got
            + (path.isEmpty()
                ? " into Go value of type "
                : " into Go struct field " + struct + "." + path + " of type ")
            + (named == null ? GoScalars.typeName(type) : named),
        converted);
    return null;
  }

  /**
   * Whether Go leaves it to the type to read its values, and reads no further after a fault in
   * them.
   */
  private static boolean decodesItself(SchemaType type) {
    return switch (type.kind()) {
      case TIME, MICRO_TIME, QUANTITY, INT_OR_STRING -> true;
      case OBJECT, MAP, LIST, RAW, RAW_OBJECT, STRING, BYTES, INTEGER, NUMBER, BOOLEAN -> false;
    };
  }

  private void fail(boolean last, String message, String converted) {
    if (error == null || last && !ended) {
      error = new Decoder.TypeException(message, converted);
      ended = last;
    }
  }

  private void unknown() {
    List<String> into =
        owners[depth - 1].structural() ? pruned : owners[0].structural() ? ofMetadata : problems;
    problem(into, "unknown field ");
  }

  private void problem(List<String> into, String what) {
    if (into.size() < MAX_PROBLEMS) {
      String words = what + "\"" + path(false) + "\"";
      if (!into.contains(words)) {
        into.add(words);
      }
    }
  }

  /**
   * Where it stands.
   *
   * @param keyed whether keys of maps are written as such
   */
  private String path(boolean keyed) {
    StringBuilder path = new StringBuilder(prefix);
    for (int i = 0; i < depth; i++) {
      String name = names[i];
      if (name == null) {
        path.append('[').append(indexes[i]).append(']');
      } else if (keyed && owners[i].kind() != Kind.OBJECT) {
        path.append('[').append(name).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(name);
      }
    }
    return path.toString();
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
