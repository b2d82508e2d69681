package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.LinkedHashSet;
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
    out.compare(type, old, after, out.added, out.modified, out.removed);
    return out;
  }

  private void compare(
      @Nullable SchemaType type,
      JsonNode a,
      JsonNode b,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    if (Trees.equal(a, b)) {
      return; // Most of what is written again is as it was.
    }
    boolean empty = a.isEmpty() && b.isEmpty();
    if (TypedTree.isMap(type, a) && TypedTree.isMap(type, b) && !empty) {
      Set<String> names = new LinkedHashSet<>();
      a.fieldNames().forEachRemaining(names::add);
      b.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        SchemaField field = type == null ? null : type.field(name);
        SchemaType child = type == null ? null : type.child(name);
        step(PathStep.field(name), child, a.path(name), b.path(name), field, add, modify, remove);
      }
    } else if (type != null && TypedTree.isKeyedList(type, a) && TypedTree.isKeyedList(type, b)) {
      Map<String, JsonNode> left = TypedTree.items(type, (ArrayNode) a);
      Map<String, JsonNode> right = TypedTree.items(type, (ArrayNode) b);
      Set<String> steps = new LinkedHashSet<>(left.keySet());
      steps.addAll(right.keySet());
      for (String step : steps) {
        JsonNode l = left.getOrDefault(step, MissingNode.getInstance());
        JsonNode r = right.getOrDefault(step, MissingNode.getInstance());
        step(step, type.item(), l, r, null, add, modify, remove);
      }
    } else {
      modify.add();
    }
  }

  private void step(
      String step,
      @Nullable SchemaType type,
      JsonNode a,
      JsonNode b,
      @Nullable SchemaField field,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    if (a.isMissingNode()) {
      all(type, b, field, add.at(step));
    } else if (b.isMissingNode()) {
      all(type, a, field, remove.at(step));
    } else {
      compare(type, a, b, add.at(step), modify.at(step), remove.at(step));
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
