package dev.coracle.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import dev.coracle.api.GoDuration;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON trees as values of CEL, and back. */
public final class CelValues {

  private CelValues() {}

  /** A tree as it stands: maps, lists, strings, numbers. */
  public static Object of(@Nullable JsonNode node) {
    return of(node, null);
  }

  /** As the schema has it: names of fields are escaped, formats have types of their own. */
  public static Object of(@Nullable JsonNode node, @Nullable SchemaType type) {
    if (node == null || node.isNull() || node.isMissingNode()) {
      return NullValue.NULL_VALUE;
    }
    return switch (node.getNodeType()) {
      case OBJECT -> map((ObjectNode) node, type);
      case ARRAY -> list((ArrayNode) node, type);
      case STRING -> text(node.textValue(), type);
      case BOOLEAN -> node.booleanValue();
      case NUMBER -> number(node, type);
      default -> NullValue.NULL_VALUE;
    };
  }

  private static Map<String, Object> map(ObjectNode node, @Nullable SchemaType type) {
    Map<String, Object> out = LinkedHashMap.newLinkedHashMap(node.size());
    boolean object = type != null && type.kind() == Kind.OBJECT && !type.fields().isEmpty();
    node.forEachEntry((name, value) -> {
      if (object && value.isNull()) {
        // A field that is null is not there.
        return;
      }
      boolean named = type != null && type.kind() == Kind.OBJECT && type.field(name) != null;
      String key = named ? CelTypes.escape(name) : name;
      if (!key.isEmpty()) {
        out.put(key, of(value, type == null ? null : type.child(name)));
      }
    });
    return out;
  }

  private static List<Object> list(ArrayNode node, @Nullable SchemaType type) {
    List<Object> out = new ArrayList<>(node.size());
    node.forEach(item -> out.add(of(item, type == null ? null : type.element())));
    return out;
  }

  private static Object number(JsonNode node, @Nullable SchemaType type) {
    boolean whole = node.isIntegralNumber() && node.canConvertToLong();
    if (type != null && type.kind() == Kind.NUMBER) {
      return node.doubleValue();
    }
    if (type != null && type.kind() == Kind.INTEGER) {
      return node.longValue();
    }
    return whole ? (Object) node.longValue() : node.doubleValue();
  }

  private static Object text(String text, @Nullable SchemaType type) {
    try {
      return switch (CelTypes.format(type)) {
        case "date-time" -> Instant.parse(text);
        case "date" -> LocalDate.parse(text).atStartOfDay().toInstant(ZoneOffset.UTC);
        case "duration" -> GoDuration.parse(text);
        case "byte" -> CelByteString.of(Base64.getDecoder().decode(text));
        default -> text;
      };
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new CelFailure("cannot read \"" + text + "\" as " + CelTypes.format(type), false);
    }
  }

  /** A value as JSON; numbers that are whole become integers. */
  public static JsonNode toJson(Object value) {
    return switch (value) {
      case String s -> Json.NODES.textNode(s);
      case Boolean b -> Json.NODES.booleanNode(b);
      case Long l -> Json.NODES.numberNode(l);
      case Double d -> Json.NODES.numberNode(d);
      case Map<?, ?> m -> {
        ObjectNode out = Json.object();
        m.forEach((k, v) -> {
          if (v instanceof Optional<?> o) {
            o.ifPresent(x -> out.set(String.valueOf(k), toJson(x)));
          } else {
            out.set(String.valueOf(k), toJson(v));
          }
        });
        yield out;
      }
      case List<?> l -> {
        ArrayNode out = Json.array();
        l.forEach(v -> out.add(toJson(v)));
        yield out;
      }
      case Instant i -> Json.NODES.textNode(i.toString());
      case Duration d -> Json.NODES.textNode(GoDuration.print(d));
      case CelByteString b ->
          Json.NODES.textNode(Base64.getEncoder().encodeToString(b.toByteArray()));
      case NullValue _ -> Json.NODES.nullNode();
      default -> Json.NODES.numberNode(((Number) numberOf(value)).longValue());
    };
  }

  private static Object numberOf(Object value) {
    if (value instanceof Number n) {
      return n;
    }
    throw new CelFailure("unsupported result type " + value.getClass().getSimpleName(), false);
  }
}
