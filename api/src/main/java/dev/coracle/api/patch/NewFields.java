package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Zeros;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the maker of a new object owns: all that it has and that is not there anyway. The same as
 * {@link Comparison} with nothing would find, in the form of {@code fieldsV1} at once, without a
 * set in between; nearly all objects are made this way.
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
    map(type, object, Zeros.object(type), out, ignored, neverOwned);
    return out;
  }

  /**
   * @param zero what is there before anybody gives it a value; null where nothing is
   */
  private static void map(
      @Nullable SchemaType type,
      JsonNode value,
      @Nullable JsonNode zero,
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
        node(
            out,
            step,
            type == null ? null : type.child(name),
            value.get(name),
            zero == null ? null : zero.get(name),
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
      @Nullable JsonNode zero,
      @Nullable FieldSet ignored,
      @Nullable FieldSet neverOwned) {
    if (zero != null && Trees.equal(value, zero)) {
      return;
    }
    boolean map = TypedTree.isMap(type, value) && !value.isEmpty();
    boolean list = type != null && TypedTree.isKeyedList(type, value) && !value.isEmpty();
    // Of what is there already only the parts are new.
    boolean owned =
        (zero == null || !map && !list) && (neverOwned == null || !neverOwned.isMember());
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
      map(type, value, zero, below, ignored, neverOwned);
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
      if (item instanceof TypedTree.Repeated) {
        out.set(step, LEAF);
      } else {
        node(out, step, type.item(), item, null, null, null);
      }
    }
  }
}
