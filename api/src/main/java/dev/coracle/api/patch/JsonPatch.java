package dev.coracle.api.patch;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;

/**
 * JSON patch (RFC 6902). A patch that is not one is {@code BadRequest}; one that does not fit the
 * object, a failed {@code test} too, is {@code Invalid} with upstream's message. A negative index
 * counts from the end, as upstream's library has it.
 */
public final class JsonPatch {

  /** Upstream's limit. */
  public static final int MAX_OPERATIONS = 10_000;

  /** What copy operations may add in all, in bytes of JSON. */
  private static final int MAX_COPIED = 3 << 20;

  private static final String MISSING = ": missing value";

  private JsonPatch() {}

  /**
   * @throws StatusException what it tells a client says no more than upstream does; its cause says
   *     which operation it was
   */
  public static JsonNode apply(JsonNode target, JsonNode patch) {
    if (!(patch instanceof ArrayNode operations)) {
      throw StatusException.badRequest(
          "error decoding patch: json: cannot unmarshal "
              + Trees.goName(patch)
              + " into Go value of type []handlers.jsonPatchOp");
    }
    if (operations.size() > MAX_OPERATIONS) {
      throw StatusException.of(
          StatusReason.REQUEST_ENTITY_TOO_LARGE,
          "The allowed maximum operations in a JSON patch is "
              + MAX_OPERATIONS
              + ", got "
              + operations.size());
    }
    JsonNode out = target.deepCopy();
    int copied = 0;
    for (JsonNode operation : operations) {
      try {
        copied += copied(out, operation);
        if (copied > MAX_COPIED) {
          throw rejected();
        }
        out = applied(out, operation);
      } catch (StatusException e) {
        throw e.because(new IllegalArgumentException(inapplicable(out, operation)));
      }
    }
    return out;
  }

  /** How much a copy operation adds; 0 for others. */
  private static int copied(JsonNode root, JsonNode operation) {
    return operation.path("op").asText("").equals("copy")
        ? get(root, pointer(operation.path("from"))).toString().length()
        : 0;
  }

  private static JsonNode applied(JsonNode root, JsonNode operation) {
    JsonPointer path = pointer(operation.path("path"));
    JsonNode value = operation.path("value");
    return switch (operation.path("op").asText("")) {
      case "add" -> add(root, path, given(value));
      case "remove" -> remove(root, path);
      case "replace" -> replace(root, path, given(value));
      case "move" -> {
        JsonPointer from = pointer(operation.path("from"));
        JsonNode moved = get(root, from);
        if (isInside(path, from)) {
          throw rejected();
        }
        yield add(remove(root, from), path, needed(moved));
      }
      case "copy" -> add(root, path, needed(get(root, pointer(operation.path("from")))));
      case "test" -> {
        test(root, path, value);
        yield root;
      }
      default -> throw rejected();
    };
  }

  /** In the words of upstream's library, which webhooks' authors are told. */
  private static String inapplicable(JsonNode root, JsonNode operation) {
    String kind = operation.path("op").asText("unknown");
    String path = operation.path("path").asText("");
    return switch (kind) {
      case "test" -> "testing value " + path + " failed: test failed";
      case "add", "replace", "remove" -> misplaced(root, kind, path);
      case "move", "copy" -> {
        String from = operation.path("from").asText("");
        yield isThere(root, from)
            ? kind + " operation does not apply: doc is missing destination path: " + path + MISSING
            : kind + " operation does not apply: doc is missing from path: " + from + MISSING;
      }
      default -> "unexpected kind: " + kind;
    };
  }

  private static String misplaced(JsonNode root, String kind, String path) {
    int slash = path.lastIndexOf('/');
    JsonNode parent = slash < 0 ? MissingNode.getInstance() : at(root, path.substring(0, slash));
    String key = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
    if (!parent.isContainerNode()) {
      String shown = kind.equals("replace") ? path : "\"" + path + "\"";
      return kind + " operation does not apply: doc is missing path: " + shown + MISSING;
    }
    if (kind.equals("replace")) {
      return "replace operation does not apply: doc is missing key: " + path + MISSING;
    }
    String at = "error in " + kind + " for path: '" + path + "': ";
    if (parent.isObject()) {
      return at + "Unable to remove nonexistent key: " + key + MISSING;
    }
    return key.matches("-?[0-9]+")
        ? at + "Unable to access invalid index: " + key + ": invalid index referenced"
        : at
            + "value was not a proper array index: '"
            + key
            + "': strconv.Atoi: parsing \""
            + key
            + "\": invalid syntax";
  }

  private static boolean isThere(JsonNode root, String path) {
    return !at(root, path).isMissingNode();
  }

  private static JsonNode at(JsonNode root, String path) {
    try {
      return get(root, JsonPointer.compile(path));
    } catch (IllegalArgumentException | StatusException e) {
      return MissingNode.getInstance();
    }
  }

  private static StatusException rejected() {
    return StatusException.of(
        StatusReason.INVALID, "the server rejected our request due to an error in our request");
  }

  private static JsonPointer pointer(JsonNode text) {
    try {
      if (text.isTextual()) {
        return JsonPointer.compile(text.textValue());
      }
    } catch (IllegalArgumentException e) {
      throw rejected();
    }
    throw rejected();
  }

  /** What an operation brings; null where it leaves it out, as upstream's library has it. */
  private static JsonNode given(JsonNode value) {
    return value.isMissingNode() ? Json.NODES.nullNode() : value.deepCopy();
  }

  private static JsonNode needed(JsonNode value) {
    if (value.isMissingNode()) {
      throw rejected();
    }
    return value.deepCopy();
  }

  private static boolean isInside(JsonPointer path, JsonPointer from) {
    return path.toString().startsWith(from + "/");
  }

  private static JsonNode get(JsonNode root, JsonPointer path) {
    JsonNode node = root;
    for (JsonPointer p = path; !p.matches(); p = p.tail()) {
      String name = p.getMatchingProperty();
      if (node instanceof ArrayNode a) {
        int i = index(name, a.size());
        node = i >= 0 && i < a.size() ? a.get(i) : MissingNode.getInstance();
      } else {
        node = node.path(name);
      }
    }
    return node;
  }

  private static JsonNode add(JsonNode root, JsonPointer path, JsonNode value) {
    if (path.matches()) {
      return value;
    }
    String name = path.last().getMatchingProperty();
    switch (get(root, path.head())) {
      case ObjectNode o -> o.set(name, value);
      case ArrayNode a -> {
        int i = name.equals("-") ? a.size() : index(name, a.size() + 1);
        if (i < 0 || i > a.size()) {
          throw rejected();
        }
        a.insert(i, value);
      }
      default -> throw rejected();
    }
    return root;
  }

  private static JsonNode remove(JsonNode root, JsonPointer path) {
    if (path.matches() || get(root, path).isMissingNode()) {
      throw rejected();
    }
    String name = path.last().getMatchingProperty();
    switch (get(root, path.head())) {
      case ObjectNode o -> o.remove(name);
      case ArrayNode a -> a.remove(index(name, a.size()));
      default -> throw rejected();
    }
    return root;
  }

  private static JsonNode replace(JsonNode root, JsonPointer path, JsonNode value) {
    if (path.matches()) {
      return value;
    }
    if (get(root, path).isMissingNode()) {
      throw rejected();
    }
    String name = path.last().getMatchingProperty();
    switch (get(root, path.head())) {
      case ObjectNode o -> o.set(name, value);
      case ArrayNode a -> a.set(index(name, a.size()), value);
      default -> throw rejected();
    }
    return root;
  }

  private static void test(JsonNode root, JsonPointer path, JsonNode value) {
    JsonNode actual = get(root, path);
    JsonNode expected = value.isMissingNode() ? Json.NODES.nullNode() : value;
    boolean absent = actual.isMissingNode() || actual.isNull();
    if (absent ? !expected.isNull() : !Trees.equal(actual, expected)) {
      throw rejected();
    }
  }

  /** -1 where the text is no index. */
  private static int index(String text, int size) {
    boolean negative = text.startsWith("-");
    String digits = negative ? text.substring(1) : text;
    if (digits.isEmpty() || digits.length() > 9 || digits.length() > 1 && digits.startsWith("0")) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return negative ? size - value : value;
  }
}
