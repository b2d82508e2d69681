package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType.Body;
import dev.coracle.api.schema.SchemaType.Kind;

/**
 * What a custom resource keeps under a schema that it was not written under: fields that are not in
 * it go, and nulls that it has no room for, as when a body is decoded (see {@link DecodeReader}).
 * Trees are never changed; where nothing goes the very same one comes back.
 */
public final class Pruner {

  private static final SchemaType BARE = SchemaType.unknown();

  private Pruner() {}

  public static ObjectNode prune(SchemaType type, ObjectNode tree) {
    return object(type, tree);
  }

  private static JsonNode value(SchemaType type, JsonNode value) {
    if (!type.structural()) {
      return value;
    }
    boolean kept = type.preservesUnknownFields() || type.kind() == Kind.RAW;
    if (value instanceof ObjectNode object) {
      return switch (type.kind()) {
        case OBJECT -> object(type, object);
        case MAP -> values(type.item(), object);
        case RAW_OBJECT -> values(BARE, object);
        default -> kept ? value : object(BARE, object);
      };
    }
    if (value instanceof ArrayNode array) {
      return type.kind() == Kind.LIST
          ? items(type.item(), array)
          : kept ? value : items(BARE, array);
    }
    return value;
  }

  private static ObjectNode object(SchemaType type, ObjectNode object) {
    Body body = type.body();
    ObjectNode out = object;
    for (var e : object.properties()) {
      SchemaField field = body.fields().get(e.getKey());
      SchemaType child = field != null ? field.type() : body.element();
      if (child == null ? !body.preserveUnknown() : e.getValue().isNull() && child.dropsNull()) {
        out = own(object, out);
        out.remove(e.getKey());
      } else if (child != null) {
        out = replaced(object, out, e.getKey(), e.getValue(), value(child, e.getValue()));
      }
    }
    return out;
  }

  private static ObjectNode values(SchemaType type, ObjectNode map) {
    ObjectNode out = map;
    for (var e : map.properties()) {
      if (e.getValue().isNull() && type.dropsNull()) {
        out = own(map, out);
        out.remove(e.getKey());
      } else {
        out = replaced(map, out, e.getKey(), e.getValue(), value(type, e.getValue()));
      }
    }
    return out;
  }

  private static ObjectNode replaced(
      ObjectNode from, ObjectNode out, String name, JsonNode was, JsonNode is) {
    if (is == was) {
      return out;
    }
    ObjectNode mine = own(from, out);
    mine.set(name, is);
    return mine;
  }

  private static ObjectNode own(ObjectNode from, ObjectNode out) {
    return out == from ? Json.object().setAll(from) : out;
  }

  private static ArrayNode items(SchemaType type, ArrayNode array) {
    ArrayNode out = array;
    for (int i = 0; i < array.size(); i++) {
      JsonNode is = value(type, array.get(i));
      if (is != array.get(i)) {
        out = out == array ? Json.array().addAll(array) : out;
        out.set(i, is);
      }
    }
    return out;
  }
}
