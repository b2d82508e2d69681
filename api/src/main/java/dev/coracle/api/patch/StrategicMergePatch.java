package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Strategic merge patch (Kubernetes docs, "Update API Objects in Place Using kubectl patch"; design
 * proposal "preserve-order-in-strategic-merge-patch"): as a merge patch, but lists whose field says
 * {@code merge} are merged item by item, by the field's merge key or as sets of scalars.
 *
 * <p>Directives: {@code $patch: replace|delete|merge} in an object or as an item of a list, {@code
 * $retainKeys}, {@code $setElementOrder/field}, {@code $deleteFromPrimitiveList/field}.
 */
public final class StrategicMergePatch {

  static final String DIRECTIVE = "$patch";
  static final String RETAIN_KEYS = "$retainKeys";
  static final String SET_ORDER = "$setElementOrder/";
  static final String DELETE_PRIMITIVES = "$deleteFromPrimitiveList/";

  private StrategicMergePatch() {}

  /** Does not change the target; the result shares with it what the patch does not touch. */
  public static ObjectNode apply(ObjectNode target, JsonNode patch, SchemaType type) {
    if (!(patch instanceof ObjectNode p)) {
      throw StatusException.badRequest(
          "json: cannot unmarshal array into Go value of type map[string]interface {}");
    }
    return merge(target, p.deepCopy(), type);
  }

  /** The patch is the caller's own, and may become the result. */
  static ObjectNode merge(ObjectNode before, ObjectNode patch, @Nullable SchemaType type) {
    JsonNode directive = patch.remove(DIRECTIVE);
    if (directive != null) {
      switch (directive.asText("")) {
        case "replace" -> {
          return patch;
        }
        case "delete" -> {
          return Json.object();
        }
        case "merge" -> {}
        default -> throw badPatchType(directive);
      }
    }
    ObjectNode target = Json.object();
    target.setAll(before);
    retainKeys(target, patch);
    for (String name : StrategicLists.names(patch)) {
      if (name.startsWith(SET_ORDER)) {
        order(target, patch, name, type);
      }
    }
    for (String name : StrategicLists.names(patch)) {
      JsonNode value = patch.get(name);
      if (name.startsWith(DELETE_PRIMITIVES)) {
        String field = name.substring(DELETE_PRIMITIVES.length());
        if (target.get(field) instanceof ArrayNode list && value instanceof ArrayNode gone) {
          target.set(field, StrategicLists.without(list, gone));
        } else if (!value.isArray()) {
          throw StatusException.badRequest("invalid patch format of primitive list");
        }
      }
    }
    for (String name : StrategicLists.names(patch)) {
      JsonNode value = patch.get(name);
      if (name.startsWith(DELETE_PRIMITIVES) || value == null) {
        continue;
      }
      if (value.isNull()) {
        target.remove(name);
      } else {
        target.set(name, mergeField(target.get(name), value, type, name));
      }
    }
    return target;
  }

  private static JsonNode mergeField(
      @Nullable JsonNode present, JsonNode value, @Nullable SchemaType type, String name) {
    SchemaField field = type == null ? null : type.field(name);
    SchemaType child = type == null ? null : type.child(name);
    if (value instanceof ObjectNode patch) {
      boolean replaces =
          field != null && field.patchStrategy().contains("replace") && !patch.has(DIRECTIVE);
      if (present instanceof ObjectNode target && !replaces) {
        return merge(target, patch, child);
      }
      // Nothing to merge with: the patch itself, without directives and nulls.
      return merge(Json.object(), patch, child);
    }
    if (value instanceof ArrayNode patch) {
      boolean merges = field != null && field.mergesByPatch();
      SchemaType item = child == null ? null : child.element();
      String key = field == null ? "" : field.mergeKey();
      return merges
          ? StrategicLists.merge(
              present instanceof ArrayNode a ? a : Json.array(), patch, key, item)
          : StrategicLists.plain(patch, item);
    }
    return value;
  }

  private static void order(
      ObjectNode target, ObjectNode patch, String directive, @Nullable SchemaType type) {
    String name = directive.substring(SET_ORDER.length());
    if (!(patch.remove(directive) instanceof ArrayNode order)) {
      throw badOrder();
    }
    JsonNode present = target.get(name);
    JsonNode change = patch.remove(name);
    if (!(present instanceof ArrayNode) && change == null) {
      return;
    }
    if (change != null && change.isNull()) {
      target.remove(name);
      return;
    }
    SchemaField field = type == null ? null : type.field(name);
    String key = field == null ? "" : field.mergeKey();
    if (change instanceof ArrayNode items) {
      StrategicLists.checkOrder(items, order, key);
    }
    JsonNode merged = change == null ? present : mergeField(present, change, type, name);
    if (merged instanceof ArrayNode list) {
      ArrayNode before = present instanceof ArrayNode a ? a : Json.array();
      target.set(name, StrategicLists.ordered(list, order, before, key));
    }
  }

  private static void retainKeys(ObjectNode target, ObjectNode patch) {
    JsonNode keys = patch.remove(RETAIN_KEYS);
    if (keys == null) {
      return;
    }
    if (!(keys instanceof ArrayNode)) {
      throw StatusException.badRequest("invalid patch format of retainKeys");
    }
    Set<String> keep = new HashSet<>();
    keys.forEach(k -> keep.add(k.asText()));
    patch.forEachEntry((name, value) -> {
      if (!value.isNull() && !name.startsWith("$") && !keep.contains(name)) {
        throw StatusException.badRequest("invalid patch format of retainKeys");
      }
    });
    target.retain(keep);
  }

  static StatusException badPatchType(JsonNode directive) {
    return StatusException.of(
        StatusReason.INVALID, "unknown patch type found: " + directive.asText(""));
  }

  static StatusException badOrder() {
    return StatusException.badRequest("invalid patch format of setElementOrder list");
  }
}
