package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;

/**
 * JSON merge patch (RFC 7386): objects merge, null removes, everything else replaces. The target is
 * not changed; the result shares with it what the patch does not touch.
 */
public final class MergePatch {

  private MergePatch() {}

  public static JsonNode apply(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ObjectNode p)) {
      return patch.deepCopy();
    }
    return merge(target instanceof ObjectNode t ? t : Json.object(), p);
  }

  private static ObjectNode merge(ObjectNode target, ObjectNode patch) {
    ObjectNode out = Json.object();
    out.setAll(target);
    patch.forEachEntry((name, value) -> {
      if (value.isNull()) {
        out.remove(name);
      } else if (value instanceof ObjectNode v) {
        out.set(name, merge(out.get(name) instanceof ObjectNode t ? t : Json.object(), v));
      } else {
        out.set(name, value.deepCopy());
      }
    });
    return out;
  }
}
