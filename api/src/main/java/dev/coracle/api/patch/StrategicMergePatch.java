package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoText;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
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
 * <p>Directives: {@code $patch: replace|delete} in an object or as an item of a list, {@code
 * $retainKeys}, {@code $setElementOrder/field}, {@code $deleteFromPrimitiveList/field}. What a
 * patch brings that was not there comes without its nulls, and without the objects in it that have
 * a {@code $patch}.
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
    if (patch.get(DIRECTIVE) instanceof JsonNode directive) {
      return switch (directive.asText("")) {
        case "replace" -> patch.without(DIRECTIVE);
        case "delete" -> Json.object();
        default -> throw badPatchType(patch);
      };
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
        } else if (value.isNull()) {
          target.remove(field);
        }
      }
    }
    for (String name : StrategicLists.names(patch)) {
      JsonNode value = patch.get(name);
      if (name.startsWith(DELETE_PRIMITIVES) || value == null) {
        continue;
      }
      JsonNode merged = value.isNull() ? null : mergeField(target.get(name), value, type, name);
      if (merged == null) {
        target.remove(name);
      } else {
        target.set(name, merged);
      }
    }
    return target;
  }

  /** Null where nothing is left of the field. */
  private static @Nullable JsonNode mergeField(
      @Nullable JsonNode present, JsonNode value, @Nullable SchemaType type, String name) {
    SchemaField field = type == null ? null : type.field(name);
    SchemaType child = type == null ? null : type.child(name);
    if (value instanceof ObjectNode patch && present instanceof ObjectNode target) {
      boolean replaces =
          field != null && field.patchStrategy().contains("replace") && !patch.has(DIRECTIVE);
      return merge(replaces ? Json.object() : target, patch, child);
    }
    if (value instanceof ArrayNode patch && present instanceof ArrayNode target) {
      boolean merges = field != null && field.mergesByPatch();
      SchemaType item = child == null ? null : child.element();
      String key = field == null ? "" : field.mergeKey();
      return merges
          ? StrategicLists.merge(target, patch, key, item)
          : StrategicLists.plain(patch, item);
    }
    return brought(value);
  }

  /** What a patch brings where nothing of its kind was; null for an object with a directive. */
  static @Nullable JsonNode brought(JsonNode value) {
    if (value instanceof ObjectNode object) {
      if (object.has(DIRECTIVE)) {
        return null;
      }
      ObjectNode out = Json.object();
      object.forEachEntry((name, field) -> {
        boolean directive =
            name.equals(RETAIN_KEYS)
                || name.startsWith(SET_ORDER)
                || name.startsWith(DELETE_PRIMITIVES);
        JsonNode kept = field.isNull() || directive ? null : brought(field);
        if (kept != null) {
          out.set(name, kept);
        }
      });
      return out;
    }
    if (value instanceof ArrayNode list) {
      ArrayNode out = Json.array();
      for (JsonNode item : list) {
        if (brought(item) instanceof JsonNode kept) {
          out.add(kept);
        }
      }
      return out;
    }
    return value;
  }

  private static void order(
      ObjectNode target, ObjectNode patch, String directive, @Nullable SchemaType type) {
    String name = directive.substring(SET_ORDER.length());
    JsonNode wanted = patch.remove(directive);
    if (!(wanted instanceof ArrayNode order)) {
      throw notList(wanted);
    }
    JsonNode present = target.get(name);
    JsonNode change = patch.remove(name);
    if (change != null && change.isNull()) {
      target.remove(name);
      return;
    }
    if (change != null && !change.isArray()) {
      throw notList(change);
    }
    SchemaField field = type == null ? null : type.field(name);
    if (field == null && type != null && type.kind() == SchemaType.Kind.OBJECT) {
      throw unfit(
          "unable to find api field in struct "
              + type.name().substring(type.name().lastIndexOf('.') + 1)
              + " for the json field \""
              + name
              + "\"");
    }
    if (!(present instanceof ArrayNode) && change == null) {
      return;
    }
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

  /** In upstream's words, but not as a fault of the server (500), which upstream makes of it. */
  static StatusException unfit(String words) {
    return StatusException.badRequest(words);
  }

  static StatusException badPatchType(ObjectNode patch) {
    return unfit(
        "unknown patch type: " + GoText.of(patch.path(DIRECTIVE)) + " in map: " + GoText.of(patch));
  }

  private static StatusException notList(JsonNode value) {
    return unfit("expected a []interface {}, but received a " + GoText.typeOf(value));
  }
}
