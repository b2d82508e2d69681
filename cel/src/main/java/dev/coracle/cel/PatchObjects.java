package dev.coracle.cel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What {@code Object{…}} has made, as JSON. An object must be of the type that the path of fields
 * to it tells: in {@code Object.spec} the field {@code selector} is an {@code
 * Object.spec.selector}; lists and maps on the way count for nothing.
 */
public final class PatchObjects {

  /** No field of a Kubernetes object is called so. */
  static final String TYPE = "\u0000type";

  private final List<String> faults = new ArrayList<>();

  private PatchObjects() {}

  /**
   * Takes the names of types out of the tree, in place.
   *
   * @throws CelFailure in upstream's words, when an object is of another type than its path tells
   */
  public static void settle(JsonNode made) {
    PatchObjects objects = new PatchObjects();
    if (made instanceof ObjectNode root && root.has(TYPE)) {
      objects.visit(root, root.get(TYPE).asText());
    } else {
      // Of a list or a map at the top upstream looks at nothing.
      objects.visit(made, "");
      objects.faults.clear();
    }
    if (!objects.faults.isEmpty()) {
      throw new CelFailure("type mismatch: " + String.join("\n", objects.faults), false);
    }
  }

  private void visit(JsonNode node, String path) {
    if (!(node instanceof ObjectNode object)) {
      node.forEach(item -> visit(item, path));
      return;
    }
    JsonNode type = object.remove(TYPE);
    if (type != null && !type.asText().equals(path)) {
      faults.add(
          "unexpected type name \""
              + type.asText()
              + "\", expected \""
              + path
              + "\", which matches field name path from root Object type");
    }
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      visit(field.getValue(), type == null ? path : path + "." + field.getKey());
    }
  }
}
