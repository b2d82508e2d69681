package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import dev.coracle.api.patch.Trees;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Short ways to ask a decoded tree. An empty text, list or object counts as unset, as in Go. */
final class Nodes {

  /** What an error shows in place of a value that is not there. */
  static final JsonNode NULL = Json.NODES.nullNode();

  /** How an error shows a value without fields. */
  static final JsonNode EMPTY = Json.object();

  private Nodes() {}

  static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }

  /**
   * Present with content: an explicit zero or false counts, an empty text, list or object does not.
   */
  static boolean has(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return !(value.isMissingNode()
        || value.isNull()
        || value.isTextual() && value.textValue().isEmpty()
        || value.isContainerNode() && value.isEmpty());
  }

  /** Present at all, even as an empty object. */
  static boolean set(JsonNode node, String field) {
    return node.hasNonNull(field);
  }

  static boolean same(JsonNode a, JsonNode b, String field) {
    JsonNode x = a.path(field);
    JsonNode y = b.path(field);
    boolean noX = !has(a, field);
    boolean noY = !has(b, field);
    return noX && noY || Trees.equal(x, y);
  }

  static @Nullable BigDecimal quantity(JsonNode value) {
    Quantity q = value.isMissingNode() ? null : Quantity.tryParse(value.asText(""));
    return q == null ? null : q.value();
  }

  /**
   * As upstream's messages show a value of several fields: by their names in its own code, with all
   * of them.
   */
  static ObjectNode shown(JsonNode node, String... fields) {
    ObjectNode out = Json.object();
    for (String field : fields) {
      JsonNode value = node.path(field);
      String name = Character.toUpperCase(field.charAt(0)) + field.substring(1);
      out.set(name, value.isMissingNode() ? NULL : value);
    }
    return out;
  }

  /** A copy to change; of what is no object, an empty one. */
  static ObjectNode copy(JsonNode node) {
    return node instanceof ObjectNode o ? o.deepCopy() : Json.object();
  }
}
