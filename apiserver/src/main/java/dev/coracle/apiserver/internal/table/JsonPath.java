package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The part of JSONPath that printer columns use: {@code .a.b}, {@code ['a.b']}, {@code ['a','b']},
 * {@code [0]}, {@code [0:2]}, {@code [*]}, {@code ..a} and {@code [?(@.type=="Ready")]}.
 */
final class JsonPath {

  private sealed interface Step {
    record Field(String name) implements Step {}

    record Index(int at) implements Step {}

    record All() implements Step {}

    /** Negative ends count from the end; the last is left out. */
    record Slice(int from, int to) implements Step {}

    record Union(List<Step> steps) implements Step {}

    /** A value and all that is below it. */
    record Deep() implements Step {}

    record Filter(List<String> path, String operator, String value) implements Step {}
  }

  private static final Pattern UNION =
      Pattern.compile("(-?[0-9]+|'[^',]*')(\\s*,\\s*(-?[0-9]+|'[^',]*'))+");
  private static final Pattern SLICE = Pattern.compile("(-?[0-9]{0,6}):(-?[0-9]{0,6})");
  private static final Pattern COMPARED = Pattern.compile("@\\.(.*?)\\s*(==|!=|<=|>=|<|>)(.*)");

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
        if (text.startsWith("..", i)) {
          steps.add(new Step.Deep());
          i++;
        }
        int start = text.charAt(i) == '.' ? i + 1 : i;
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
      return filter(inner.substring(2, inner.length() - 1).trim());
    }
    if (UNION.matcher(inner).matches()) {
      return new Step.Union(Arrays.stream(inner.split(",")).map(s -> bracket(s.trim())).toList());
    }
    Matcher slice = SLICE.matcher(inner);
    if (slice.matches()) {
      return new Step.Slice(
          slice.group(1).isEmpty() ? 0 : Integer.parseInt(slice.group(1)),
          slice.group(2).isEmpty() ? Integer.MAX_VALUE : Integer.parseInt(slice.group(2)));
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

  private static Step filter(String condition) {
    Matcher compared = COMPARED.matcher(condition);
    return compared.matches()
        ? new Step.Filter(
            List.of(compared.group(1).split("\\.")),
            compared.group(2),
            unquote(compared.group(3).trim()))
        : new Step.Field("\0");
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
      case Step.Slice(int from, int to) -> {
        int end = Math.min(node.size(), to < 0 ? node.size() + to : to);
        for (int i = Math.max(0, from < 0 ? node.size() + from : from); i < end; i++) {
          add(node.get(i), out);
        }
      }
      case Step.Union(var parts) -> parts.forEach(part -> take(part, node, out));
      case Step.Deep _ -> deep(node, out);
      case Step.Filter filter -> {
        for (JsonNode item : node) {
          JsonNode at = item;
          for (String field : filter.path) {
            at = at.path(field);
          }
          if (!at.isMissingNode() && holds(at, filter.operator, filter.value)) {
            out.add(item);
          }
        }
      }
    }
  }

  private static void deep(JsonNode node, List<JsonNode> out) {
    out.add(node);
    node.forEach(child -> deep(child, out));
  }

  private static boolean holds(JsonNode at, String operator, String value) {
    int compared = at.asText("").compareTo(value);
    if (at.isNumber()) {
      try {
        compared = Double.compare(at.asDouble(), Double.parseDouble(value));
      } catch (NumberFormatException e) {
        return operator.equals("!=");
      }
    }
    return switch (operator) {
      case "==" -> compared == 0;
      case "!=" -> compared != 0;
      case "<" -> compared < 0;
      case "<=" -> compared <= 0;
      case ">" -> compared > 0;
      default -> compared >= 0;
    };
  }

  private static void add(@org.jspecify.annotations.Nullable JsonNode node, List<JsonNode> out) {
    if (node != null) {
      out.add(node);
    }
  }
}
