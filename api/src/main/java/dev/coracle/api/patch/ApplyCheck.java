package dev.coracle.api.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.schema.ListType;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.SchemaType.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Whether a configuration fits the schema, in the words of upstream's typed conversion: what is
 * wrong, or a list of it, of at most a hundred lines.
 */
public final class ApplyCheck {

  private static final int MOST_PROBLEMS = 100;

  private final List<String> problems = new ArrayList<>();

  private ApplyCheck() {}

  /**
   * @throws StatusException with code 400 where it does not fit
   */
  public static void check(SchemaType type, ObjectNode config, String apiVersion) {
    ApplyCheck check = new ApplyCheck();
    check.value(type, config, "");
    if (!check.problems.isEmpty()) {
      String namespace = config.path("metadata").path("namespace").asText("");
      String name = config.path("metadata").path("name").asText("");
      String words =
          "failed to create typed patch object ("
              + namespace
              + "/"
              + name
              + "; "
              + (apiVersion.indexOf('/') < 0 ? "/" : "")
              + apiVersion
              + ", Kind="
              + config.path("kind").asText("")
              + "): "
              + check.words();
      // Upstream's words and its lack of a reason, but not its code 500 (ADR 0130).
      throw new StatusException(Status.failure(StatusReason.UNKNOWN, words).withCode(400));
    }
  }

  private String words() {
    return problems.size() == 1
        ? problems.getFirst()
        : "errors:\n  " + String.join("\n  ", problems);
  }

  private void problem(String path, String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(path + ": " + what);
    }
  }

  private void value(SchemaType type, JsonNode value, String path) {
    if (value.isNull() || type.structural() && type.kind().isScalar()) {
      return;
    }
    switch (type.kind()) {
      case OBJECT, MAP -> object(type, value, path);
      case LIST -> list(type, value, path);
      case STRING, BYTES, TIME, MICRO_TIME -> expect(value.isTextual(), "string", value, path);
      case INTEGER, NUMBER -> expect(value.isNumber(), "numeric (int or float)", value, path);
      case BOOLEAN -> expect(value.isBoolean(), "boolean", value, path);
      case INT_OR_STRING, QUANTITY, RAW_OBJECT, RAW -> {}
    }
  }

  private void object(SchemaType type, JsonNode value, String path) {
    if (!(value instanceof ObjectNode object)) {
      expect(false, "map", value, path);
      return;
    }
    boolean open = type.preservesUnknownFields() || type.kind() == Kind.RAW_OBJECT;
    for (var e : object.properties()) {
      String at = path + "." + e.getKey();
      SchemaType child = type.child(e.getKey());
      if (child != null) {
        value(child, e.getValue(), at);
      } else if (!open) {
        problem(at, "field not declared in schema");
      }
    }
  }

  private void list(SchemaType type, JsonNode value, String path) {
    if (!(value instanceof ArrayNode array)) {
      expect(false, "list", value, path);
      return;
    }
    Set<String> seen = new HashSet<>();
    int index = 0;
    for (JsonNode item : array) {
      String step = "[" + index + "]";
      if (type.listType() != ListType.ATOMIC) {
        String key =
            type.listType() == ListType.SET ? PathStep.value(item) : PathStep.key(item, type);
        if (key == null) {
          problem(
              path,
              "element "
                  + index
                  + ": associative list with keys has an element that omits all key fields [\""
                  + String.join("\" \"", type.mapKeys())
                  + "\"] (and doesn't have default values for any key fields)");
        } else {
          step = PathStep.display(key);
          if (!seen.add(key)) {
            problem(path, "duplicate entries for key " + step);
          }
        }
      }
      value(type.item(), item, path + step);
      index++;
    }
  }

  private void expect(boolean right, String what, JsonNode value, String path) {
    if (!right) {
      problem(path, "expected " + what + ", got &value.valueUnstructured{Value:" + value + "}");
    }
  }
}
