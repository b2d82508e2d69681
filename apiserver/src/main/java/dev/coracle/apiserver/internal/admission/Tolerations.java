package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;

/** Two lists of tolerations as one. */
final class Tolerations {

  private Tolerations() {}

  /**
   * Those of the first, then those of the second, in their order. Whatever another tolerates as
   * well is left out; of equal ones the first stays.
   */
  static ArrayNode merge(JsonNode first, JsonNode second) {
    List<JsonNode> all = new ArrayList<>();
    first.forEach(all::add);
    second.forEach(all::add);
    ArrayNode merged = Json.array();
    for (int i = 0; i < all.size(); i++) {
      JsonNode each = all.get(i);
      if (!covered(each, merged, true) && !covered(each, all.subList(i + 1, all.size()), false)) {
        merged.add(each.deepCopy());
      }
    }
    return merged;
  }

  /** Whether each of them is one of the others, or tolerates no more than one of them. */
  static boolean within(JsonNode tolerations, JsonNode allowed) {
    for (JsonNode each : tolerations) {
      if (!covered(each, allowed, true)) {
        return false;
      }
    }
    return true;
  }

  /** Adds one, in place of one that is only for less long. */
  static void put(ObjectNode spec, ObjectNode toleration) {
    ArrayNode all = spec.withArrayProperty("tolerations");
    for (int i = 0; i < all.size(); i++) {
      ObjectNode bare = all.get(i).deepCopy();
      bare.remove("tolerationSeconds");
      if (bare.equals(toleration)) {
        all.set(i, toleration);
        return;
      }
    }
    all.add(toleration);
  }

  private static boolean covered(JsonNode each, Iterable<JsonNode> by, boolean byEqual) {
    for (JsonNode other : by) {
      if (other.equals(each) ? byEqual : covers(other, each)) {
        return true;
      }
    }
    return false;
  }

  /** Whether whoever has {@code wide} is none the wiser for {@code narrow}; they differ. */
  private static boolean covers(JsonNode wide, JsonNode narrow) {
    boolean anyValue = text(wide, "operator").equals("Exists");
    boolean anyKey = anyValue && text(wide, "key").isEmpty();
    if (!anyKey && !text(wide, "key").equals(text(narrow, "key"))) {
      return false;
    }
    String effect = text(wide, "effect");
    if (!effect.isEmpty() && !effect.equals(text(narrow, "effect"))) {
      return false;
    }
    if (effect.equals("NoExecute")
        && wide.hasNonNull("tolerationSeconds")
        && narrow.path("tolerationSeconds").asLong(Long.MAX_VALUE)
            > wide.path("tolerationSeconds").asLong()) {
      return false;
    }
    boolean equal = text(wide, "operator").isEmpty() || text(wide, "operator").equals("Equal");
    return anyValue
        || equal
            && text(narrow, "operator").equals("Equal")
            && text(wide, "value").equals(text(narrow, "value"));
  }

  private static String text(JsonNode toleration, String field) {
    return toleration.path(field).asText("");
  }
}
