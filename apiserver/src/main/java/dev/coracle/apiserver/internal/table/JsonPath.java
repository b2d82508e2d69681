package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of JSONPath that printer columns use: {@code .a.b}, {@code ['a.b']}, {@code [0]}, {@code
 * [*]} and {@code [?(@.type=="Ready")]}.
 */
final class JsonPath {

  private sealed interface Step {
    record Field(String name) implements Step {}

    record Index(int at) implements Step {}

    record All() implements Step {}

    record Filter(List<String> path, String value, boolean equal) implements Step {}
  }

  private final List<Step> steps;

  private JsonPath(List<Step> steps) {
    this.steps = steps;
  }

  /** Anything that cannot be read finds nothing. */
  static JsonPath parse(String text) {
    List<Step> steps = new ArrayList<>();
    int i = text.startsWith("$") ? 1 : 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == '[') {
        int end = close(text, i);
        if (end < 0) {
          return new JsonPath(List.of(new Step.Field("\0")));
        }
        steps.add(bracket(text.substring(i + 1, end).trim()));
        i = end + 1;
      } else {
        int start = c == '.' ? i + 1 : i;
        StringBuilder name = new StringBuilder();
        i = start;
        while (i < text.length() && text.charAt(i) != '.' && text.charAt(i) != '[') {
          if (text.charAt(i) == '\\' && i + 1 < text.length()) {
            i++;
          }
          name.append(text.charAt(i++));
        }
        if (name.toString().equals("*")) {
          steps.add(new Step.All());
        } else if (!name.isEmpty()) {
          steps.add(new Step.Field(name.toString()));
        } else if (i == start && i < text.length() && text.charAt(i) == '.') {
          i++;
        }
      }
    }
    return new JsonPath(steps);
  }

  private static int close(String text, int open) {
    char quote = 0;
    for (int i = open + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        }
      } else if (c == '\'' || c == '"') {
        quote = c;
      } else if (c == ']') {
        return i;
      }
    }
    return -1;
  }

  private static Step bracket(String inner) {
    if (inner.equals("*")) {
      return new Step.All();
    }
    if (inner.startsWith("?(") && inner.endsWith(")")) {
      String condition = inner.substring(2, inner.length() - 1).trim();
      boolean equal = !condition.contains("!=");
      String[] sides = condition.split(equal ? "==" : "!=", 2);
      String path = sides[0].trim();
      if (sides.length == 2 && path.startsWith("@.")) {
        return new Step.Filter(
            List.of(path.substring(2).split("\\.")), unquote(sides[1].trim()), equal);
      }
      return new Step.Field("\0");
    }
    if (inner.startsWith("'") || inner.startsWith("\"")) {
      return new Step.Field(unquote(inner));
    }
    try {
      return new Step.Index(Integer.parseInt(inner));
    } catch (NumberFormatException e) {
      return new Step.Field("\0");
    }
  }

  private static String unquote(String text) {
    boolean quoted =
        text.length() >= 2
            && (text.charAt(0) == '\'' || text.charAt(0) == '"')
            && text.charAt(text.length() - 1) == text.charAt(0);
    return quoted ? text.substring(1, text.length() - 1) : text;
  }

  List<JsonNode> find(JsonNode root) {
    List<JsonNode> nodes = List.of(root);
    for (Step step : steps) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : nodes) {
        take(step, node, next);
      }
      nodes = next;
    }
    return nodes;
  }

  private static void take(Step step, JsonNode node, List<JsonNode> out) {
    switch (step) {
      case Step.Field(String name) -> add(node.get(name), out);
      case Step.Index(int at) -> add(node.get(at < 0 ? node.size() + at : at), out);
      case Step.All _ -> node.forEach(out::add);
      case Step.Filter(var path, String value, boolean equal) -> {
        for (JsonNode item : node) {
          JsonNode at = item;
          for (String field : path) {
            at = at.path(field);
          }
          if (at.asText("").equals(value) == equal) {
            out.add(item);
          }
        }
      }
    }
  }

  private static void add(@org.jspecify.annotations.Nullable JsonNode node, List<JsonNode> out) {
    if (node != null && !node.isNull()) {
      out.add(node);
    }
  }
}
