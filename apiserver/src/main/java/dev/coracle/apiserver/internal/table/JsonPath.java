package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The JSONPath of printer columns, as client-go reads it: fields with escaped dots, {@code
 * ['a\.b']}, indexes, slices with steps, unions, wildcards, {@code ..} and filters. A path that
 * does not fit an object (an index into a map, a comparison of text with a number) finds nothing in
 * all of it.
 */
final class JsonPath {

  /** One step from the values found so far to the next ones. */
  sealed interface Step {
    record Field(String name) implements Step {}

    /**
     * A slice, of which an index is the one of length one. A missing end is the array's own; the
     * end of an index is derived, since 0 is the array's end there.
     */
    record Slice(
        @Nullable Integer from, @Nullable Integer to, boolean derived, @Nullable Integer step)
        implements Step {}

    /** All fields of a map, items of a list, bytes of a text. */
    record All() implements Step {}

    /** A value that has others in it, and all such values below it. */
    record Deep() implements Step {}

    record Union(List<List<Step>> parts) implements Step {}

    /** Without an operator: what has a value at all. */
    record Filter(List<Step> left, @Nullable String operator, List<Step> right) implements Step {}

    /** A number or boolean, once for each value. */
    record Literal(JsonNode value) implements Step {}

    /** A text, once, whatever was found. */
    record Text(String text) implements Step {}

    /** A word that stands where only literals may; it is read, and fits no object. */
    record Word(String text) implements Step {}
  }

  /** That a path does not fit the value it was tried on; always caught here. */
  private static final class Unfit extends RuntimeException {
    private static final Unfit IT = new Unfit();

    private Unfit() {
      super("the path does not fit the value", null, false, false);
    }
  }

  private final List<Step> steps;

  private JsonPath(List<Step> steps) {
    this.steps = steps;
  }

  /** Empty where the text is no JSONPath. */
  static Optional<JsonPath> parse(String text) {
    return JsonPathParser.parse(text).map(JsonPath::new);
  }

  List<JsonNode> find(JsonNode root) {
    try {
      return walk(steps, List.of(root));
    } catch (Unfit e) {
      return List.of();
    }
  }

  private static List<JsonNode> walk(List<Step> steps, List<JsonNode> from) {
    List<JsonNode> nodes = from;
    for (Step step : steps) {
      nodes = take(step, nodes);
    }
    return nodes;
  }

  private static List<JsonNode> take(Step step, List<JsonNode> nodes) {
    List<JsonNode> out = new ArrayList<>();
    switch (step) {
      case Step.Text(String text) -> out.add(Json.NODES.textNode(text));
      case Step.Literal(JsonNode value) -> nodes.forEach(_ -> out.add(value));
      case Step.Word _ -> throw Unfit.IT;
      case Step.Union(var parts) -> parts.forEach(part -> out.addAll(walk(part, nodes)));
      case Step.Field(String name) -> {
        for (JsonNode node : nodes) {
          if (node instanceof ObjectNode object && object.get(name) instanceof JsonNode value) {
            out.add(value);
          }
        }
      }
      case Step.All _ -> nodes.forEach(node -> children(node, out));
      case Step.Deep _ -> deep(nodes, out);
      case Step.Slice slice -> nodes.forEach(node -> slice(slice, node, out));
      case Step.Filter filter -> nodes.forEach(node -> filter(filter, node, out));
    }
    return out;
  }

  private static void children(JsonNode node, List<JsonNode> out) {
    if (node.isTextual()) {
      for (byte b : node.asText().getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
        out.add(Json.NODES.numberNode((short) (b & 0xff)));
      }
    } else {
      node.forEach(out::add);
    }
  }

  private static void deep(List<JsonNode> nodes, List<JsonNode> out) {
    for (JsonNode node : nodes) {
      List<JsonNode> below = new ArrayList<>();
      children(node, below);
      if (!below.isEmpty()) {
        out.add(node);
        deep(below, out);
      }
    }
  }

  private static void slice(Step.Slice slice, JsonNode node, List<JsonNode> out) {
    if (node.isNull()) {
      return;
    }
    if (!node.isArray()) {
      throw Unfit.IT;
    }
    int size = node.size();
    int from = slice.from == null ? 0 : slice.from;
    from = from < 0 ? from + size : from;
    int to = slice.to == null ? size : slice.to;
    to = to < 0 || to == 0 && slice.derived ? to + size : to;
    if (from == to) {
      return;
    }
    int step = slice.step == null ? 1 : slice.step;
    if (from < 0 || from >= size || to < 0 || to > size || from > to || step <= 0) {
      throw Unfit.IT;
    }
    for (int i = from; i < to; i += Math.min(step, to - i)) {
      out.add(node.get(i));
    }
  }

  private static void filter(Step.Filter filter, JsonNode node, List<JsonNode> out) {
    if (!node.isArray()) {
      throw Unfit.IT;
    }
    for (JsonNode item : node) {
      if (filter.operator == null ? exists(filter.left, item) : holds(filter, item)) {
        out.add(item);
      }
    }
  }

  /** What the path does not fit passes, as upstream's does. */
  private static boolean exists(List<Step> path, JsonNode item) {
    try {
      return !walk(path, List.of(item)).isEmpty();
    } catch (Unfit e) {
      return true;
    }
  }

  private static boolean holds(Step.Filter filter, JsonNode item) {
    List<JsonNode> left = walk(filter.left, List.of(item));
    if (left.isEmpty()) {
      return false;
    }
    List<JsonNode> right = walk(filter.right, List.of(item));
    if (left.size() == 1 && right.isEmpty()) {
      return false;
    }
    if (left.size() > 1 || right.size() > 1) {
      throw Unfit.IT;
    }
    return compare(left.getFirst(), String.valueOf(filter.operator), right.getFirst());
  }

  private static boolean compare(JsonNode left, String operator, JsonNode right) {
    int order;
    if (left.isTextual() && right.isTextual()) {
      order = left.asText().compareTo(right.asText());
    } else if (left.isIntegralNumber() && right.isIntegralNumber()) {
      order = Long.compare(left.asLong(), right.asLong());
    } else if (left.isFloatingPointNumber() && right.isFloatingPointNumber()) {
      order = Double.compare(left.asDouble(), right.asDouble());
    } else if (left.isBoolean()
        && right.isBoolean()
        && (operator.equals("==") || operator.equals("!="))) {
      order = Boolean.compare(left.asBoolean(), right.asBoolean());
    } else {
      throw Unfit.IT;
    }
    return switch (operator) {
      case "==" -> order == 0;
      case "!=" -> order != 0;
      case "<" -> order < 0;
      case "<=" -> order <= 0;
      case ">" -> order > 0;
      case ">=" -> order >= 0;
      default -> throw Unfit.IT;
    };
  }
}
