package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.function.UnaryOperator;

/**
 * Spares what a patch left as it is. A patched tree shares with the one before the nodes that it
 * did not touch, and those were decoded when they were stored: only the others are decoded again.
 */
final class Unchanged {

  private Unchanged() {}

  /**
   * @param result shares nodes with {@code before}; not changed
   * @param decode brings a part of the object into its form; its argument is not changed
   * @return a tree of its own but for the record of managers, with the fields in the order of
   *     {@code result}, and then those that decoding has added
   */
  static ObjectNode around(ObjectNode result, ObjectNode before, UnaryOperator<ObjectNode> decode) {
    return joined(result, before, decode.apply(changed(result, before)));
  }

  /** The fields that are not the very ones there were. */
  private static ObjectNode changed(ObjectNode result, ObjectNode before) {
    ObjectNode out = Json.object();
    result.forEachEntry((name, value) -> {
      JsonNode was = before.get(name);
      if (value != was) {
        boolean parts = value instanceof ObjectNode && was instanceof ObjectNode;
        out.set(name, parts ? changed((ObjectNode) value, (ObjectNode) was) : value);
      }
    });
    return out;
  }

  private static ObjectNode joined(ObjectNode result, ObjectNode before, ObjectNode decoded) {
    ObjectNode out = Json.object();
    result.forEachEntry((name, value) -> {
      JsonNode was = before.get(name);
      if (value == was) {
        // A record of managers is replaced, never written into.
        out.set(name, name.equals("managedFields") ? value : value.deepCopy());
        return;
      }
      JsonNode now = decoded.get(name);
      if (value instanceof ObjectNode is && was instanceof ObjectNode old) {
        if (now instanceof ObjectNode part) {
          out.set(name, joined(is, old, part));
        } else if (now == null && !is.isEmpty() && changed(is, old).isEmpty()) {
          // The part of it that was decoded was nothing, and left out as such.
          out.set(name, is.deepCopy());
        } else if (now != null) {
          out.set(name, now);
        }
      } else if (now != null) {
        out.set(name, now);
      }
    });
    decoded.forEachEntry((name, value) -> {
      if (!result.has(name)) {
        out.set(name, value);
      }
    });
    return out;
  }
}
