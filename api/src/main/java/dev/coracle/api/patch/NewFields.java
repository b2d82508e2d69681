package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the maker of a new object owns: all that it has. The same as {@link Comparison} with nothing
 * would find, in the form of {@code fieldsV1} at once, without a set in between; nearly all objects
 * are made this way.
 */
final class NewFields {

  /** A path and nothing below it. Shared by all: records are read, never changed. */
  private static final ObjectNode LEAF = Json.object();

  private NewFields() {}

  /**
   * @param ignored what this writer never owns, with everything below it
   * @param neverOwned paths that nobody owns
   */
  static ObjectNode of(SchemaType type, ObjectNode object, FieldSet ignored, FieldSet neverOwned) {
    ObjectNode out = Json.object();
    map(type, object, out, ignored, neverOwned);
    return out;
  }

  private static void map(
      @Nullable SchemaType type,
      JsonNode value,
      ObjectNode out,
      @Nullable FieldSet ignored,
      @Nullable FieldSet neverOwned) {
    String[] names = new String[value.size()];
    int n = 0;
    for (Map.Entry<String, JsonNode> field : value.properties()) {
      names[n++] = field.getKey();
    }
    Arrays.sort(names);
    for (String name : names) {
      String step = PathStep.field(name);
      FieldSet gone = ignored == null ? null : ignored.get(step);
      if (gone == null || !gone.isMember()) {
        SchemaField field = type == null ? null : type.field(name);
        SchemaType child = type == null ? null : field != null ? field.type() : type.child(name);
        node(
            out,
            step,
            child,
            value.get(name),
            field,
            gone,
            neverOwned == null ? null : neverOwned.get(step));
      }
    }
  }

  private static void node(
      ObjectNode out,
      String step,
      @Nullable SchemaType type,
      JsonNode value,
      @Nullable SchemaField field,
      @Nullable FieldSet ignored,
      @Nullable FieldSet neverOwned) {
    boolean map = TypedTree.isMap(type, value) && !value.isEmpty();
    boolean list = type != null && TypedTree.isKeyedList(type, value) && !value.isEmpty();
    boolean owned =
        !((map || list) && Comparison.isThereAnyway(field, map))
            && (neverOwned == null || !neverOwned.isMember());
    if (!map && !list) {
      if (owned) {
        out.set(step, LEAF);
      }
      return;
    }
    ObjectNode below = Json.object();
    if (owned) {
      below.set(FieldSet.SELF, LEAF);
    }
    if (map) {
      map(type, value, below, ignored, neverOwned);
    } else {
      list(Objects.requireNonNull(type), (ArrayNode) value, below);
    }
    if (owned && below.size() == 1) {
      out.set(step, LEAF);
    } else if (!below.isEmpty()) {
      out.set(step, below);
    }
  }

  private static void list(SchemaType type, ArrayNode value, ObjectNode out) {
    Map<String, JsonNode> items = TypedTree.items(type, value);
    String[] steps = items.keySet().toArray(String[]::new);
    Arrays.sort(steps);
    for (String step : steps) {
      JsonNode item = Objects.requireNonNull(items.get(step));
      node(out, step, type.item(), item, null, null, null);
    }
  }
}
