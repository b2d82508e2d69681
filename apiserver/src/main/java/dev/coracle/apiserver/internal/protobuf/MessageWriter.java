package dev.coracle.apiserver.internal.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.internal.protobuf.MessagePlan.Embedded;
import dev.coracle.apiserver.internal.protobuf.MessagePlan.Slot;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Field;
import java.time.Instant;
import java.util.Base64;

/**
 * Turns the tree of an object into its message: the opposite of {@link ProtobufReader}. What has no
 * number is left out.
 */
final class MessageWriter {

  private MessageWriter() {}

  static byte[] write(MessagePlan plan, ObjectNode tree) {
    BackwardsBuffer out = new BackwardsBuffer(1 << 10);
    write(plan, tree, out);
    return out.toArray();
  }

  static void write(MessagePlan plan, ObjectNode tree, BackwardsBuffer out) {
    tree.forEachEntry((name, value) -> {
      Slot slot = plan.slot(name);
      if (slot != null && !value.isNull()) {
        field(slot, value, out);
      }
    });
    for (Embedded embedded : plan.embedded()) {
      int before = out.size();
      write(embedded.plan(), tree, out);
      if (out.size() > before) {
        out.message(embedded.number(), before);
      }
    }
  }

  private static void field(Slot slot, JsonNode value, BackwardsBuffer out) {
    Field field = slot.field();
    if (field.map()) {
      value
          .properties()
          .forEach(entry -> {
            int before = out.size();
            value(2, field, entry.getValue(), out);
            out.text(1, entry.getKey());
            out.message(slot.number(), before);
          });
    } else if (field.repeated() && value instanceof ArrayNode list) {
      for (int i = list.size() - 1; i >= 0; i--) {
        value(slot.number(), field, list.get(i), out);
      }
    } else if (!field.repeated()) {
      value(slot.number(), field, value, out);
    }
  }

  private static void value(int number, Field field, JsonNode value, BackwardsBuffer out) {
    switch (field.type()) {
      case 's' -> out.text(number, value.asText());
      case 'b' -> out.bytes(number, Base64.getDecoder().decode(value.asText()));
      case 'o' -> out.integer(number, value.asBoolean() ? 1 : 0);
      case 'i' -> out.integer(number, value.asLong());
      case 'd' -> out.fixed64(number, value.asDouble());
      default -> {
        int before = out.size();
        if (special(MessagePlan.at(field.message()), value, out)) {
          out.message(number, before);
        }
      }
    }
  }

  /**
   * Messages whose JSON form is something else than an object of their fields. Gives whether there
   * is a message at all.
   */
  private static boolean special(MessagePlan plan, JsonNode value, BackwardsBuffer out) {
    switch (plan.name()) {
      case "Time", "Timestamp", "MicroTime" -> {
        Instant at = Timestamps.parse(value.asText());
        if (at == null) {
          return false;
        }
        out.integer(2, at.getNano());
        out.integer(1, at.getEpochSecond());
      }
      case "Quantity" -> out.text(1, value.asText());
      case "IntOrString" -> {
        if (value.isTextual()) {
          out.text(3, value.asText());
          out.integer(2, 0);
          out.integer(1, 1);
        } else {
          out.text(3, "");
          out.integer(2, value.asLong());
          out.integer(1, 0);
        }
      }
      case "RawExtension", "FieldsV1", "JSON" -> out.bytes(1, Json.bytes(value));
      case "ExtraValue", "Verbs" -> put(plan, "items", value, out);
      case "JSONSchemaPropsOrBool" -> {
        if (value.isBoolean()) {
          put(plan, "allows", value, out);
        } else {
          put(plan, "schema", value, out);
          put(plan, "allows", Json.NODES.booleanNode(true), out);
        }
      }
      case "JSONSchemaPropsOrArray" -> {
        if (value.isArray()) {
          put(plan, "jSONSchemas", value, out);
        } else {
          put(plan, "schema", value, out);
        }
      }
      case "JSONSchemaPropsOrStringArray" -> {
        if (value.isArray()) {
          put(plan, "property", value, out);
        } else {
          put(plan, "schema", value, out);
        }
      }
      default -> {
        if (!(value instanceof ObjectNode object)) {
          return false;
        }
        write(plan, object, out);
      }
    }
    return true;
  }

  private static void put(MessagePlan plan, String name, JsonNode value, BackwardsBuffer out) {
    Slot slot = plan.slot(name);
    if (slot != null) {
      field(slot, value, out);
    }
  }
}
