package dev.coracle.client.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import java.util.List;

/**
 * Merge patch (RFC 7386), JSON patch (RFC 6902), and a strategic merge patch without a schema:
 * lists of objects merge by the first of the usual keys that all their items have.
 */
final class FakePatches {

  private static final List<String> MERGE_KEYS =
      List.of("type", "uid", "name", "ip", "containerPort");

  private static final String DELETED = "$deleteFromPrimitiveList/";

  private FakePatches() {}

  static JsonNode merge(JsonNode target, JsonNode patch, boolean strategic) {
    if (strategic && patch instanceof ArrayNode list && replaces(list)) {
      ArrayNode out = list.deepCopy();
      out.removeIf(FakePatches::isReplacement);
      return out;
    }
    if (!(patch instanceof ObjectNode changes)) {
      return strategic && target instanceof ArrayNode old && patch instanceof ArrayNode add
          ? mergeLists(old, add)
          : patch.deepCopy();
    }
    ObjectNode out = target instanceof ObjectNode object ? object : Json.object();
    changes.forEachEntry((key, value) -> {
      if (value.isNull()) {
        out.remove(key);
      } else if (key.startsWith(DELETED)) {
        deleteFrom(out.path(key.substring(DELETED.length())), value);
      } else if (!key.startsWith("$")) {
        out.set(key, merge(out.path(key), value, strategic));
      }
    });
    return out;
  }

  private static void deleteFrom(JsonNode list, JsonNode values) {
    if (list instanceof ArrayNode array) {
      array.removeIf(item -> values.valueStream().anyMatch(item::equals));
    }
  }

  private static boolean replaces(ArrayNode list) {
    return list.valueStream().anyMatch(FakePatches::isReplacement);
  }

  private static boolean isReplacement(JsonNode item) {
    return item.path("$patch").asText().equals("replace");
  }

  private static JsonNode mergeLists(ArrayNode old, ArrayNode add) {
    String key = null;
    for (String candidate : MERGE_KEYS) {
      boolean all = !add.isEmpty();
      for (JsonNode item : add) {
        all &= item.has(candidate);
      }
      if (all) {
        key = candidate;
        break;
      }
    }
    if (key == null) {
      return add.deepCopy();
    }
    ArrayNode out = old.deepCopy();
    for (JsonNode item : add) {
      int at = -1;
      for (int i = 0; i < out.size(); i++) {
        if (out.get(i).path(key).equals(item.path(key))) {
          at = i;
        }
      }
      if ("delete".equals(item.path("$patch").asText())) {
        if (at >= 0) {
          out.remove(at);
        }
      } else if (at < 0) {
        out.add(item.deepCopy());
      } else {
        out.set(at, merge(out.get(at), item, true));
      }
    }
    return out;
  }

  static ObjectNode json(ObjectNode target, JsonNode operations) {
    ObjectNode holder = Json.object();
    holder.set("", target);
    for (JsonNode op : operations) {
      String path = op.path("path").asText();
      switch (op.path("op").asText()) {
        case "add" -> add(holder, path, op.path("value").deepCopy());
        case "remove" -> remove(holder, path);
        case "replace" -> {
          remove(holder, path);
          add(holder, path, op.path("value").deepCopy());
        }
        case "move" -> add(holder, path, remove(holder, op.path("from").asText()));
        case "copy" -> add(holder, path, at(holder, op.path("from").asText()).deepCopy());
        case "test" -> {
          if (!at(holder, path).equals(op.path("value"))) {
            throw StatusException.of(
                StatusReason.INVALID, "testing value " + path + " failed: test failed");
          }
        }
        default -> throw StatusException.badRequest("unknown operation " + op);
      }
    }
    return (ObjectNode) holder.path("");
  }

  private static JsonNode at(ObjectNode holder, String path) {
    JsonNode node = holder.path("");
    for (String part : parts(path)) {
      node = node instanceof ArrayNode list ? list.path(Integer.parseInt(part)) : node.path(part);
    }
    if (node.isMissingNode()) {
      throw StatusException.of(StatusReason.INVALID, "the path " + path + " does not exist");
    }
    return node;
  }

  private static void add(ObjectNode holder, String path, JsonNode value) {
    List<String> parts = parts(path);
    if (parts.isEmpty()) {
      holder.set("", value);
      return;
    }
    String last = parts.getLast();
    switch (at(holder, parent(path))) {
      case ArrayNode list when last.equals("-") -> list.add(value);
      case ArrayNode list -> list.insert(Integer.parseInt(last), value);
      case ObjectNode object -> object.set(last, value);
      default -> throw StatusException.badRequest("nothing can be added at " + path);
    }
  }

  private static JsonNode remove(ObjectNode holder, String path) {
    JsonNode value = at(holder, path);
    String last = parts(path).getLast();
    switch (at(holder, parent(path))) {
      case ArrayNode list -> list.remove(Integer.parseInt(last));
      case ObjectNode object -> object.remove(last);
      default -> throw StatusException.badRequest("nothing can be removed at " + path);
    }
    return value;
  }

  private static String parent(String path) {
    return path.substring(0, path.lastIndexOf('/'));
  }

  private static List<String> parts(String path) {
    return path.isEmpty()
        ? List.of()
        : List.of(path.substring(1).split("/", -1)).stream()
            .map(p -> p.replace("~1", "/").replace("~0", "~"))
            .toList();
  }
}
