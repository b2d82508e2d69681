package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.patch.TypedTree.Repeated;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Zeros;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which paths one value has that another has not, and which differ. */
final class Comparison {

  final FieldSet added = new FieldSet();
  final FieldSet modified = new FieldSet();
  final FieldSet removed = new FieldSet();

  private Comparison() {}

  /**
   * What a typed object has before anybody gives it a value is never new, whether it is written in
   * the old value or not; that may be missing altogether, as on create.
   */
  static Comparison of(SchemaType type, JsonNode before, JsonNode after) {
    Comparison out = new Comparison();
    JsonNode zero = Zeros.object(type);
    JsonNode old = before.isMissingNode() ? zero : before;
    if (areMaps(type, old, after) || !Trees.equal(old, after)) {
      out.compare(type, old, after, zero, out.added, out.modified, out.removed);
      out.added.prune();
      out.modified.prune();
      out.removed.prune();
    }
    return out;
  }

  /**
   * Objects of which one has a field, so that their fields are compared one by one. One that is
   * null has none.
   */
  private static boolean areMaps(@Nullable SchemaType type, JsonNode a, JsonNode b) {
    return TypedTree.isMapOrNull(type, a)
        && TypedTree.isMapOrNull(type, b)
        && !(a.isEmpty() && b.isEmpty());
  }

  /**
   * Of values that differ; maps may be equal.
   *
   * @param zero what is there anyway; null where nothing is
   */
  private void compare(
      @Nullable SchemaType type,
      JsonNode a,
      JsonNode b,
      @Nullable JsonNode zero,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    if (areMaps(type, a, b)) {
      a.forEachEntry((name, was) -> {
        JsonNode now = b.get(name);
        // Most of what is written again is as it was, and nothing is made for that.
        if (now == null || !Trees.equal(was, now)) {
          field(type, name, was, now, zero, add, modify, remove);
        }
      });
      b.forEachEntry((name, now) -> {
        if (a.get(name) == null) {
          field(type, name, null, now, zero, add, modify, remove);
        }
      });
    } else if (type != null && hasItems(type, a, b)) {
      Map<String, JsonNode> left = items(type, a);
      Map<String, JsonNode> right = items(type, b);
      left.forEach((step, was) -> {
        JsonNode now = right.get(step);
        if (now == null || !Trees.equal(was, now)) {
          item(step, type.item(), was, now, add, modify, remove);
        }
      });
      right.forEach((step, now) -> {
        if (!left.containsKey(step)) {
          item(step, type.item(), null, now, add, modify, remove);
        }
      });
    } else {
      modify.add();
    }
  }

  /** Two lists of which one has an item. One that is null has none. */
  private static boolean hasItems(SchemaType type, JsonNode a, JsonNode b) {
    return (TypedTree.isKeyedList(type, a) || a.isNull())
        && (TypedTree.isKeyedList(type, b) || b.isNull())
        && !(a.isEmpty() && b.isEmpty());
  }

  private static Map<String, JsonNode> items(SchemaType type, JsonNode list) {
    return list instanceof ArrayNode array ? TypedTree.items(type, array) : Map.of();
  }

  private void field(
      @Nullable SchemaType type,
      String name,
      @Nullable JsonNode a,
      @Nullable JsonNode b,
      @Nullable JsonNode zero,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    SchemaType child = type == null ? null : type.child(name);
    JsonNode anyway = zero == null ? null : zero.get(name);
    step(PathStep.field(name), child, a, b, anyway, add, modify, remove);
  }

  /** Of items that differ, or of which one is not there. Repeated ones are one value. */
  private void item(
      String step,
      @Nullable SchemaType type,
      @Nullable JsonNode was,
      @Nullable JsonNode now,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    boolean wereMany = was instanceof Repeated;
    boolean areMany = now instanceof Repeated;
    if (!wereMany && !areMany) {
      step(step, type, was, now, null, add, modify, remove);
    } else if (wereMany && areMany) {
      modify.at(step).add();
    } else if (wereMany) {
      remove.at(step).add();
      if (now != null) {
        all(type, now, add.at(step));
      }
    } else {
      add.at(step).add();
      if (was != null) {
        all(type, was, remove.at(step));
      }
    }
  }

  /** Of values that differ, or of which one is not there. */
  private void step(
      String step,
      @Nullable SchemaType type,
      @Nullable JsonNode a,
      @Nullable JsonNode b,
      @Nullable JsonNode zero,
      FieldSet add,
      FieldSet modify,
      FieldSet remove) {
    JsonNode was = a == null ? zero : a;
    JsonNode now = b == null ? zero : b;
    if (was != null && now != null) {
      if (areMaps(type, was, now) || !Trees.equal(was, now)) {
        compare(type, was, now, zero, add.at(step), modify.at(step), remove.at(step));
      }
    } else if (now != null) {
      all(type, now, add.at(step));
    } else if (was != null) {
      all(type, was, remove.at(step));
    }
  }

  /** Every path of a value that came or went as a whole. */
  private void all(@Nullable SchemaType type, JsonNode value, FieldSet out) {
    out.add();
    if (TypedTree.isMap(type, value)) {
      value.forEachEntry((name, child) ->
          all(type == null ? null : type.child(name), child, out.at(PathStep.field(name))));
    } else if (type != null && TypedTree.isKeyedList(type, value)) {
      items(type, value)
          .forEach((step, item) -> {
            if (item instanceof Repeated) {
              out.at(step).add();
            } else {
              all(type.item(), item, out.at(step));
            }
          });
    }
  }
}
