package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which paths one value has that another has not, and which differ. */
final class Comparison {

  /**
   * Structs that Kubernetes writes even when they are empty: they are there before anybody sets
   * them, so nobody owns them as such.
   */
  private static final Set<String> ALWAYS_THERE =
      Set.of("metadata", "spec", "status", "strategy", "updateStrategy", "template", "jobTemplate");

  final FieldSet added = new FieldSet();
  final FieldSet modified = new FieldSet();
  final FieldSet removed = new FieldSet();

  private Comparison() {}

  /** The old value may be missing, as on create. */
  static Comparison of(SchemaType type, JsonNode before, JsonNode after) {
    Comparison out = new Comparison();
    JsonNode old = before.isMissingNode() ? Json.object() : before;
    if (areMaps(type, old, after) || !Trees.equal(old, after)) {
      out.compare(type, old, after, out.added, out.modified, out.removed);
    }
    return out;
  }

  /** Objects of which one has a field, so that their fields are compared one by one. */
  private static boolean areMaps(@Nullable SchemaType type, JsonNode a, JsonNode b) {
    return TypedTree.isMap(type, a) && TypedTree.isMap(type, b) && !(a.isEmpty() && b.isEmpty());
  }

  /** Of values that differ; maps may be equal. */
  private void compare(
      @Nullable SchemaType type,
      JsonNode a,
      JsonNode b,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    if (areMaps(type, a, b)) {
      a.forEachEntry((name, was) -> {
        JsonNode now = b.get(name);
        // Most of what is written again is as it was, and nothing is made for that.
        if (now == null || !Trees.equal(was, now)) {
          field(type, name, was, now, add, modify, remove);
        }
      });
      b.forEachEntry((name, now) -> {
        if (a.get(name) == null) {
          field(type, name, null, now, add, modify, remove);
        }
      });
    } else if (type != null && TypedTree.isKeyedList(type, a) && TypedTree.isKeyedList(type, b)) {
      Map<String, JsonNode> left = TypedTree.items(type, (ArrayNode) a);
      Map<String, JsonNode> right = TypedTree.items(type, (ArrayNode) b);
      left.forEach((step, was) -> {
        JsonNode now = right.get(step);
        if (now == null || !Trees.equal(was, now)) {
          step(step, type.item(), was, now, null, add, modify, remove);
        }
      });
      right.forEach((step, now) -> {
        if (!left.containsKey(step)) {
          step(step, type.item(), null, now, null, add, modify, remove);
        }
      });
    } else {
      modify.add();
    }
  }

  private void field(
      @Nullable SchemaType type,
      String name,
      @Nullable JsonNode a,
      @Nullable JsonNode b,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    SchemaField field = type == null ? null : type.field(name);
    SchemaType child = type == null ? null : type.child(name);
    step(PathStep.field(name), child, a, b, field, add, modify, remove);
  }

  /** Of values that differ, or of which one is not there. */
  private void step(
      String step,
      @Nullable SchemaType type,
      @Nullable JsonNode a,
      @Nullable JsonNode b,
      @Nullable SchemaField field,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    if (a != null && b != null) {
      compare(type, a, b, add.at(step), modify.at(step), remove.at(step));
    } else if (b != null) {
      all(type, b, field, add.at(step));
    } else if (a != null) {
      all(type, a, field, remove.at(step));
    }
  }

  /** Every path of a value that came or went as a whole. */
  private void all(
      @Nullable SchemaType type, JsonNode value, @Nullable SchemaField field, FieldSet out) {
    boolean map = TypedTree.isMap(type, value) && !value.isEmpty();
    boolean list = type != null && TypedTree.isKeyedList(type, value) && !value.isEmpty();
    if (!(map || list) || !isThereAnyway(field, map)) {
      out.add();
    }
    if (map) {
      value.forEachEntry((name, child) ->
          all(
              type == null ? null : type.child(name),
              child,
              type == null ? null : type.field(name),
              out.at(PathStep.field(name))));
    } else if (list && type != null) {
      TypedTree.items(type, (ArrayNode) value)
          .forEach((step, item) -> all(type.item(), item, null, out.at(step)));
    }
  }

  /** Whether a field is there before anybody sets it. */
  static boolean isThereAnyway(@Nullable SchemaField field, boolean map) {
    return field != null
        && !field.type().structural()
        && (field.required() || map && ALWAYS_THERE.contains(field.name()));
  }
}
