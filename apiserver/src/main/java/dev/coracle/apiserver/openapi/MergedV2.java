package dev.coracle.apiserver.openapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adds the paths of another server's group to an OpenAPI v2 document, and the definitions they lead
 * to. A definition that says something else under a name that is taken gets another name; what is
 * only described in other words is the same.
 */
final class MergedV2 {

  private static final String REF = "#/definitions/";

  private MergedV2() {}

  static void add(ObjectNode into, OtherDocuments.Part part) {
    ObjectNode paths = into.withObjectProperty("paths");
    Map<String, JsonNode> wanted = new LinkedHashMap<>();
    String start = "/apis/" + part.groupVersion() + "/";
    for (var path : part.document().path("paths").properties()) {
      if ((path.getKey() + "/").startsWith(start) && !paths.has(path.getKey())) {
        wanted.put(path.getKey(), path.getValue());
      }
    }
    JsonNode theirs = part.document().path("definitions");
    ObjectNode ours = into.withObjectProperty("definitions");
    Map<String, String> names = names(wanted, theirs, ours);
    wanted.forEach((path, node) -> paths.set(path, renamed(node, names)));
    names.forEach((name, as) -> {
      if (!ours.has(as)) {
        ours.set(as, renamed(theirs.path(name), names));
      }
    });
  }

  /** Every definition that is led to, and what it is called here. */
  private static Map<String, String> names(
      Map<String, JsonNode> from, JsonNode theirs, ObjectNode ours) {
    Map<String, String> names = new HashMap<>();
    Deque<JsonNode> open = new ArrayDeque<>(from.values());
    while (!open.isEmpty()) {
      for (JsonNode ref : open.pop().findValues("$ref")) {
        String name = ref.asText("").replace(REF, "");
        if (theirs.path(name).isObject() && !names.containsKey(name)) {
          names.put(name, free(name, theirs.path(name), ours));
          open.push(theirs.path(name));
        }
      }
    }
    return names;
  }

  private static String free(String name, JsonNode definition, ObjectNode ours) {
    String candidate = name;
    for (int i = 2; ours.has(candidate) && !same(ours.path(candidate), definition); i++) {
      candidate = name + "_v" + i;
    }
    return candidate;
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return bare(a).equals(bare(b));
  }

  private static JsonNode bare(JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.forEachEntry((key, value) -> {
        boolean words = key.equals("description") && value.isTextual();
        if (!words && !key.startsWith("x-kubernetes-")) {
          out.set(key, bare(value));
        }
      });
      return out;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode out = Json.array();
      array.forEach(item -> out.add(bare(item)));
      return out;
    }
    return node;
  }

  private static JsonNode renamed(JsonNode node, Map<String, String> names) {
    if (node instanceof ObjectNode object) {
      ObjectNode out = Json.object();
      object.forEachEntry((key, value) -> {
        if (key.equals("$ref") && value.isTextual()) {
          String name = value.asText().replace(REF, "");
          out.put(key, REF + names.getOrDefault(name, name));
        } else {
          out.set(key, renamed(value, names));
        }
      });
      return out;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode out = Json.array();
      array.forEach(item -> out.add(renamed(item, names)));
      return out;
    }
    return node;
  }
}
