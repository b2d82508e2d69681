package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Trees by a seed: arbitrary ones, and ones that fit a schema. */
final class RandomTrees {

  private RandomTrees() {}

  static JsonNode value(Random random, int depth, boolean nulls) {
    return switch (random.nextInt(depth > 0 ? 7 : 4)) {
      case 0 -> Json.NODES.numberNode(random.nextInt(5));
      case 1 -> Json.NODES.textNode("t" + random.nextInt(5));
      case 2 -> Json.NODES.booleanNode(random.nextBoolean());
      case 3 -> nulls ? Json.NODES.nullNode() : Json.NODES.textNode("n");
      case 4 -> {
        ArrayNode list = Json.array();
        for (int i = random.nextInt(3); i > 0; i--) {
          list.add(value(random, depth - 1, nulls));
        }
        yield list;
      }
      default -> {
        ObjectNode object = Json.object();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.set(
              String.valueOf((char) ('a' + random.nextInt(4))), value(random, depth - 1, nulls));
        }
        yield object;
      }
    };
  }

  /** A value of this type; small alphabets, so that two of them share much. */
  static JsonNode of(SchemaType type, Random random, int depth) {
    return switch (type.kind()) {
      case OBJECT -> object(type, random, depth);
      case MAP -> {
        ObjectNode out = Json.object();
        for (int i = random.nextInt(3); i > 0; i--) {
          out.set("k" + random.nextInt(3), of(type.item(), random, depth - 1));
        }
        yield out;
      }
      case LIST -> list(type, random, depth);
      case INTEGER, INT_OR_STRING, NUMBER -> Json.NODES.numberNode(1 + random.nextInt(3));
      case BOOLEAN -> Json.NODES.booleanNode(random.nextBoolean());
      case RAW_OBJECT -> Json.object().put("raw", random.nextInt(3));
      default -> Json.NODES.textNode("t" + random.nextInt(3));
    };
  }

  private static ObjectNode object(SchemaType type, Random random, int depth) {
    ObjectNode out = Json.object();
    List<SchemaField> fields = List.copyOf(type.fields().values());
    if (depth > 0 && !fields.isEmpty()) {
      for (int i = 0; i < 4; i++) {
        SchemaField field = fields.get(random.nextInt(fields.size()));
        out.set(field.name(), of(field.type(), random, depth - 1));
      }
    }
    return out;
  }

  private static ArrayNode list(SchemaType type, Random random, int depth) {
    ArrayNode out = Json.array();
    Set<String> seen = new HashSet<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      JsonNode item = of(type.item(), random, depth - 1);
      if (type.listType() == ListType.MAP && item instanceof ObjectNode o) {
        for (String key : type.mapKeys()) {
          o.set(key, of(java.util.Objects.requireNonNull(type.item().child(key)), random, 0));
        }
      }
      String id = type.listType() == ListType.MAP ? PathStep.key(item, type) : item.toString();
      if (type.listType() == ListType.ATOMIC || seen.add(String.valueOf(id))) {
        out.add(item);
      }
    }
    return out;
  }
}
