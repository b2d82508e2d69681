package dev.coracle.cel.cost;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cel.CelTypes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How large the values of a schema may be: as it says ({@code maxItems}, {@code maxProperties},
 * {@code maxLength}), else as many as fit into a request.
 *
 * @param least the fewest bytes such a value has in JSON
 * @param most characters, items or entries
 * @param inner of the items or values
 * @param fields by their names in CEL
 * @param others of fields that are not named; null where nothing is known of them
 */
public record Sizes(
    long least,
    long most,
    @Nullable Sizes inner,
    Map<String, Sizes> fields,
    @Nullable Sizes others) {

  /** The largest request that upstream reckons with, in bytes. */
  static final long REQUEST = 3L << 20;

  private static final Sizes BOOLEAN = scalar(4, 0);
  private static final Sizes NUMBER = scalar(1, 0);
  private static final Sizes TEXT = scalar(2, REQUEST - 2);
  private static final Sizes KEY = scalar(2, 0);

  private Sizes(long least, long most, @Nullable Sizes inner, Map<String, Sizes> fields) {
    this(least, most, inner, fields, null);
  }

  private static Sizes scalar(long least, long most) {
    return new Sizes(least, most, null, Map.of());
  }

  /** Of a text or a value of any type. */
  public static Sizes value(long most) {
    return scalar(2, most);
  }

  /** Of a map whose values are all of one size, also where they are named as fields. */
  public static Sizes mapOf(long most, Sizes value) {
    return new Sizes(2, most, value, Map.of(), value);
  }

  /** Of an object with these fields. */
  public static Sizes structOf(Map<String, Sizes> fields) {
    return new Sizes(2, 0, null, Map.copyOf(fields));
  }

  /**
   * Of an OpenAPI schema; null where CEL does not see such values.
   *
   * @param resource whether it is a whole object, which has a name at least
   */
  public static @Nullable Sizes of(JsonNode schema, boolean resource) {
    if (schema.path("x-kubernetes-int-or-string").asBoolean()) {
      return scalar(1, schema.has("maxLength") ? length(schema, 4) : REQUEST - 2);
    }
    boolean whole = resource || schema.path("x-kubernetes-embedded-resource").asBoolean();
    return switch (schema.path("type").asText("")) {
      case "array" -> list(schema);
      case "object" ->
          schema.path("additionalProperties").isObject() && !whole
              ? map(schema)
              : object(schema, whole);
      case "string" -> text(schema);
      case "boolean" -> BOOLEAN;
      case "number", "integer" -> NUMBER;
      default -> whole ? object(schema, true) : null;
    };
  }

  private static @Nullable Sizes list(JsonNode schema) {
    Sizes item = of(schema.path("items"), false);
    return item == null
        ? null
        : new Sizes(2, most(schema, "maxItems", (REQUEST - 2) / (item.least + 1)), item, Map.of());
  }

  private static @Nullable Sizes map(JsonNode schema) {
    Sizes value = of(schema.path("additionalProperties"), false);
    // A pair is at least two characters of a key, its quotes, a colon and a comma.
    return value == null
        ? null
        : new Sizes(
            2, most(schema, "maxProperties", (REQUEST - 2) / (value.least + 6)), value, Map.of());
  }

  private static Sizes object(JsonNode schema, boolean resource) {
    Set<String> required = new HashSet<>();
    schema.path("required").forEach(r -> required.add(r.asText()));
    Map<String, Sizes> fields = new HashMap<>();
    long least = 2;
    if (schema.path("properties") instanceof ObjectNode properties) {
      for (var p : properties.properties()) {
        Sizes sizes =
            resource && Set.of("apiVersion", "kind").contains(p.getKey())
                ? TEXT
                : of(p.getValue(), false);
        if (sizes == null) {
          continue;
        }
        String name = CelTypes.escape(p.getKey());
        if (!name.isEmpty()) {
          fields.put(name, sizes);
        }
        if (required.contains(p.getKey()) && !p.getValue().has("default")) {
          least += p.getKey().length() + sizes.least + 4;
        }
      }
    }
    if (resource) {
      fields.put("apiVersion", TEXT);
      fields.put("kind", TEXT);
      fields.put("metadata", new Sizes(2, 0, null, Map.of("name", TEXT, "generateName", TEXT)));
    }
    return new Sizes(least, 0, null, Map.copyOf(fields));
  }

  private static Sizes text(JsonNode schema) {
    return switch (schema.path("format").asText("")) {
      case "byte" -> scalar(2, schema.has("maxLength") ? length(schema, 1) : REQUEST - 2);
      case "duration" -> scalar(3, 32);
      case "date" -> scalar(12, 12);
      case "date-time" -> scalar(21, 32);
      default -> {
        if (schema.has("maxLength")) {
          // A character is up to four bytes.
          yield scalar(2, length(schema, 4));
        }
        long longest = 0;
        for (JsonNode e : schema.path("enum")) {
          longest = Math.max(longest, e.asText().length());
        }
        yield schema.path("enum").isEmpty() ? TEXT : scalar(2, longest);
      }
    };
  }

  private static long length(JsonNode schema, int bytes) {
    return Bound.times(Math.max(0, schema.path("maxLength").asLong()), bytes);
  }

  private static long most(JsonNode schema, String field, long otherwise) {
    return schema.has(field) ? Math.max(0, schema.path(field).asLong()) : otherwise;
  }

  /** At a path from a variable of this schema; null where the schema does not say. */
  @Nullable Bound at(List<String> path) {
    Sizes here = this;
    for (String step : path.subList(1, path.size())) {
      here =
          switch (step) {
            case Paths.ITEMS, Paths.VALUES -> here.inner;
            case Paths.KEYS -> here.inner == null ? null : KEY;
            default -> here.fields.getOrDefault(step, here.others);
          };
      if (here == null) {
        return null;
      }
    }
    return new Bound(0, here.most);
  }

  /** How many such values one request can hold. */
  public long perRequest() {
    return REQUEST / (least + 1);
  }
}
