package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/** JSON merge patch (RFC 7386): objects merge, null removes, everything else replaces. */
public final class MergePatch {

  private MergePatch() {}

  public static JsonNode apply(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode p)) {
      return patch.deepCopy();
    }
    ObjectNode out = target instanceof ObjectNode t ? t.deepCopy() : Json.object();
    merge(out, p);
    return out;
  }

  private static void merge(ObjectNode target, ObjectNode patch) {
    patch.forEachEntry((name, value) -> {
      if (value.isNull()) {
        target.remove(name);
      } else if (value instanceof ObjectNode v) {
        if (target.get(name) instanceof ObjectNode t) {
          merge(t, v);
        } else {
          ObjectNode fresh = Json.object();
          merge(fresh, v);
          target.set(name, fresh);
        }
      } else {
        target.set(name, value.deepCopy());
      }
    });
  }
}
