package dev.coracle.apiserver.internal.protobuf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Field;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Message;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code application/vnd.kubernetes.protobuf}: four magic bytes and an Unknown that names the
 * kind and holds the message (API concepts, "Protobuf encoding"). Gives the tree that the JSON form
 * of the same object has, but for the zeros of plain fields, which Go's encoder writes too: the
 * decoder leaves them out. Structures that Go embeds stand under a name that JSON does not have.
 */
public final class ProtobufReader {

  private static final byte[] MAGIC = {'k', '8', 's', 0};
  private static final int DEEPEST = 100;
  private static final long GO_ZERO_TIME = -62135596800L;

  private ProtobufReader() {}

  /**
   * @throws StatusException {@code BadRequest}, or 415 for a kind without protobuf form
   */
  public static ObjectNode read(byte[] body) {
    if (body.length < 4 || !java.util.Arrays.equals(body, 0, 4, MAGIC, 0, 4)) {
      throw StatusException.badRequest(
          "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]");
    }
    Wire unknown = new Wire(body, 4, body.length);
    String apiVersion = "";
    String kind = "";
    Wire raw = null;
    while (unknown.more()) {
      long tag = unknown.varint();
      if (tag == (1 << 3 | Wire.BYTES)) {
        Wire meta = unknown.part();
        while (meta.more()) {
          long t = meta.varint();
          if (t == (1 << 3 | Wire.BYTES)) {
            apiVersion = meta.text();
          } else if (t == (2 << 3 | Wire.BYTES)) {
            kind = meta.text();
          } else {
            meta.skip((int) t & 7);
          }
        }
      } else if (tag == (2 << 3 | Wire.BYTES)) {
        raw = unknown.part();
      } else {
        unknown.skip((int) tag & 7);
      }
    }
    GroupVersionKind gvk = GroupVersionKind.of(apiVersion, kind);
    Message message =
        MessageTable.kubernetes()
            .of(gvk)
            .orElseThrow(() ->
                StatusException.of(
                    StatusReason.UNSUPPORTED_MEDIA_TYPE,
                    "no protobuf form is known of "
                        + gvk
                        + "; accepted media types include:"
                        + " application/json, application/yaml"));
    ObjectNode out = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    if (raw != null) {
      message(raw, message, out, 0);
    }
    return out;
  }

  private static void message(Wire in, Message message, ObjectNode out, int depth) {
    if (depth > DEEPEST) {
      throw Wire.fault();
    }
    SchemaType schema = schema(message);
    while (in.more()) {
      long tag = in.varint();
      int wireType = (int) tag & 7;
      Field field = message.fields().get((int) (tag >>> 3));
      if (field == null) {
        in.skip(wireType);
      } else if (field.map()) {
        entry(in.part(), field, out.withObjectProperty(field.name()), depth);
      } else {
        field(in, wireType, message, field, schema, out, depth);
      }
    }
  }

  static @Nullable SchemaType schema(Message message) {
    return SchemaTable.kubernetes()
        .definition("io.k8s" + message.name().substring("k8s.io".length()).replace('_', '-'));
  }

  private static void entry(Wire in, Field field, ObjectNode map, int depth) {
    String key = "";
    JsonNode value = null;
    while (in.more()) {
      long tag = in.varint();
      if (tag >>> 3 == 1) {
        key = in.text();
      } else if (tag >>> 3 == 2) {
        value = value(in, (int) tag & 7, field, depth);
      } else {
        in.skip((int) tag & 7);
      }
    }
    map.set(key, value == null ? Json.NODES.textNode("") : value);
  }

  private static void field(
      Wire in,
      int wireType,
      Message owner,
      Field field,
      @Nullable SchemaType schema,
      ObjectNode out,
      int depth) {
    String name = MessageTable.jsonName(owner, field.name());
    if (MessageTable.isEmbedded(owner, field, schema)) {
      message(in.part(), MessageTable.kubernetes().at(field.message()), out, depth + 1);
      return;
    }
    if (field.repeated() && field.type() == 'i' && wireType == Wire.BYTES) {
      Wire packed = in.part();
      while (packed.more()) {
        out.withArrayProperty(name).add(packed.varint());
      }
      return;
    }
    JsonNode value = value(in, wireType, field, depth);
    if (value == null) {
      return;
    }
    if (field.repeated()) {
      (out.get(name) instanceof ArrayNode list ? list : out.putArray(name)).add(value);
    } else {
      out.set(name, value);
    }
  }

  private static @Nullable JsonNode value(Wire in, int wireType, Field field, int depth) {
    int expected =
        switch (field.type()) {
          case 'o', 'i' -> Wire.VARINT;
          case 'd' -> Wire.FIXED64;
          default -> Wire.BYTES;
        };
    if (wireType != expected) {
      throw Wire.fault();
    }
    return switch (field.type()) {
      case 's' -> Json.NODES.textNode(in.text());
      case 'b' -> Json.NODES.textNode(Base64.getEncoder().encodeToString(in.bytes()));
      case 'o' -> Json.NODES.booleanNode(in.varint() != 0);
      case 'i' -> Json.NODES.numberNode(in.varint());
      case 'd' -> number(in.fixed64());
      default -> special(in.part(), MessageTable.kubernetes().at(field.message()), depth + 1);
    };
  }

  /** Go writes whole numbers without a fraction. */
  private static JsonNode number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1L << 53
        ? Json.NODES.numberNode((long) value)
        : Json.NODES.numberNode(value);
  }

  /** Messages whose JSON form is something else than an object of their fields. */
  private static @Nullable JsonNode special(Wire in, Message message, int depth) {
    String name = message.name();
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "Time", "Timestamp" -> time(in, false);
      case "MicroTime" -> time(in, true);
      case "Quantity" -> plain(in, message, depth).path("string");
      case "IntOrString" -> {
        ObjectNode o = plain(in, message, depth);
        yield o.path("type").asInt(0) == 1
            ? Json.NODES.textNode(o.path("strVal").asText(""))
            : Json.NODES.numberNode(o.path("intVal").asInt(0));
      }
      case "RawExtension", "FieldsV1", "JSON" -> {
        byte[] raw = new byte[0];
        while (in.more()) {
          long tag = in.varint();
          if (tag == (1 << 3 | Wire.BYTES)) {
            raw = in.bytes();
          } else {
            in.skip((int) tag & 7);
          }
        }
        yield raw.length == 0 ? null : Json.parse(raw);
      }
      case "ExtraValue", "Verbs" -> {
        JsonNode items = plain(in, message, depth).path("items");
        yield items.isMissingNode() ? Json.array() : items;
      }
      case "JSONSchemaPropsOrBool" -> {
        ObjectNode o = plain(in, message, depth);
        yield o.has("schema")
            ? o.path("schema")
            : Json.NODES.booleanNode(o.path("allows").asBoolean());
      }
      case "JSONSchemaPropsOrArray" -> {
        ObjectNode o = plain(in, message, depth);
        yield o.has("schema") ? o.path("schema") : o.path("jSONSchemas");
      }
      case "JSONSchemaPropsOrStringArray" -> {
        ObjectNode o = plain(in, message, depth);
        yield o.has("schema") ? o.path("schema") : o.path("property");
      }
      default -> {
        ObjectNode out = Json.object();
        message(in, message, out, depth);
        yield out;
      }
    };
  }

  private static ObjectNode plain(Wire in, Message message, int depth) {
    ObjectNode out = Json.object();
    message(in, message, out, depth);
    return out;
  }

  private static @Nullable JsonNode time(Wire in, boolean micro) {
    long seconds = 0;
    long nanos = 0;
    boolean given = false;
    while (in.more()) {
      long tag = in.varint();
      if (tag == 1 << 3) {
        seconds = in.varint();
        given = true;
      } else if (tag == 2 << 3) {
        nanos = in.varint();
      } else {
        in.skip((int) tag & 7);
      }
    }
    if (!given || seconds == GO_ZERO_TIME) {
      return null;
    }
    try {
      Instant at = Instant.ofEpochSecond(seconds, nanos);
      return Json.NODES.textNode(micro ? Timestamps.microTime(at) : Timestamps.time(at));
    } catch (DateTimeException | ArithmeticException e) {
      throw Wire.fault();
    }
  }
}
