package dev.coracle.apiserver.internal.table;

import dev.coracle.api.Json;
import dev.coracle.apiserver.internal.table.JsonPath.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads a JSONPath from left to right. What ends a field's name ({@code .}, {@code [}, spaces and
 * others) is part of it after a backslash. A quoted name in brackets is read as fields again:
 * {@code ['a.b']} is {@code .a.b}. No method after the first that finds a mistake does anything of
 * use: {@link #wrong} says so, and the outcome is empty.
 */
final class JsonPathParser {

  private static final Pattern NAME = Pattern.compile("'([^']*)'", Pattern.DOTALL);
  private static final Pattern SLICE = Pattern.compile("(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?");
  private static final Pattern COMPARED =
      Pattern.compile("([^!<>=]+)([!<>=]+)(.+)", Pattern.DOTALL);

  private final String text;
  private int at;
  private boolean wrong;
  private final List<Step> steps = new ArrayList<>();

  private JsonPathParser(String text) {
    this.text = text;
  }

  static Optional<List<Step>> parse(String text) {
    JsonPathParser parser = new JsonPathParser(text);
    while (!parser.wrong && parser.at < text.length()) {
      parser.step();
    }
    return parser.wrong ? Optional.empty() : Optional.of(List.copyOf(parser.steps));
  }

  private void step() {
    char c = text.charAt(at);
    if (text.startsWith("[?(", at)) {
      filter();
    } else if (text.startsWith("..", at)) {
      deep();
    } else if (c == ' ' || c == '@' || c == '$') {
      at++;
    } else if (c == '}') {
      // The end of what is a path to upstream, which puts it in braces; the text behind it is shown
      // nowhere.
      at = text.length();
    } else if (c == '[') {
      bracket();
    } else if (c == '"' || c == '\'') {
      quoted(c);
    } else if (c == '.') {
      at++;
      field();
    } else if (c == '+' || c == '-' || Character.isDigit(c)) {
      number();
    } else if (wordly(c)) {
      word();
    } else {
      wrong = true;
    }
  }

  private void deep() {
    at += 2;
    wrong = !steps.isEmpty() && steps.getLast() instanceof Step.Deep;
    steps.add(new Step.Deep());
    if (at < text.length() && wordly(text.charAt(at))) {
      field();
    }
  }

  private void field() {
    int start = at;
    while (at < text.length() && !ends(text.charAt(at))) {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    at = Math.min(at, text.length());
    String name = text.substring(start, at);
    steps.add(name.equals("*") ? new Step.All() : new Step.Field(name.replace("\\", "")));
  }

  private void number() {
    int start = at++;
    while (at < text.length() && (text.charAt(at) == '.' || Character.isDigit(text.charAt(at)))) {
      at++;
    }
    String digits = text.substring(start, at);
    try {
      steps.add(
          new Step.Literal(
              digits.contains(".")
                  ? Json.NODES.numberNode(Double.parseDouble(digits))
                  : Json.NODES.numberNode(Long.parseLong(digits))));
    } catch (NumberFormatException e) {
      wrong = true;
    }
  }

  private void word() {
    int start = at;
    while (at < text.length() && !ends(text.charAt(at))) {
      at++;
    }
    String word = text.substring(start, at);
    steps.add(
        word.equals("true") || word.equals("false")
            ? new Step.Literal(Json.NODES.booleanNode(word.equals("true")))
            : new Step.Word(word));
  }

  /** Backslashes escape the quote and themselves; no other escape is read. */
  private void quoted(char quote) {
    int start = ++at;
    while (at < text.length() && (text.charAt(at) != quote || text.charAt(at - 1) == '\\')) {
      at++;
    }
    if (at == text.length()) {
      wrong = true;
      return;
    }
    String inner = text.substring(start, at++);
    wrong = !inner.replace("\\\\", "").replace("\\" + quote, "").chars().allMatch(c -> c != '\\');
    steps.add(new Step.Text(inner.replaceAll("\\\\(.)", "$1")));
  }

  private void bracket() {
    int end = text.indexOf(']', at);
    if (end < 0) {
      wrong = true;
      return;
    }
    String inner = text.substring(at + 1, end);
    at = end + 1;
    String[] parts = inner.split(",", -1);
    if (parts.length > 1) {
      List<List<Step>> union = new ArrayList<>();
      for (String part : parts) {
        union.add(inner("[" + part.strip() + "]"));
      }
      steps.add(new Step.Union(union));
      return;
    }
    Matcher name = NAME.matcher(inner);
    if (name.matches()) {
      steps.addAll(inner("." + name.group(1)));
      return;
    }
    slice(inner.equals("*") ? ":" : inner);
  }

  private void slice(String inner) {
    Matcher slice = SLICE.matcher(inner);
    if (!slice.matches()) {
      wrong = true;
      return;
    }
    Integer from = index(slice.group(1));
    boolean derived = slice.group(2) == null;
    Integer to =
        derived
            ? Integer.valueOf((from == null ? 0 : from) + 1)
            : index(slice.group(2).substring(1));
    Integer step = slice.group(3) == null ? null : index(slice.group(3).substring(1));
    steps.add(new Step.Slice(from, to, derived, step));
  }

  private @Nullable Integer index(String digits) {
    if (digits.isEmpty()) {
      return null;
    }
    try {
      return Integer.valueOf(digits);
    } catch (NumberFormatException e) {
      wrong = true;
      return null;
    }
  }

  private void filter() {
    at += 3;
    int start = at;
    char quote = 0;
    boolean closed = false;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"' || c == '\'') {
        if (quote == 0) {
          quote = c;
        } else if (c == quote && text.charAt(at - 1) != '\\') {
          closed = true;
        }
      } else if (c == ')' && (quote == 0 || closed)) {
        break;
      }
    }
    if (!text.startsWith(")]", at)) {
      wrong = true;
      return;
    }
    String condition = text.substring(start, at);
    at += 2;
    Matcher compared = COMPARED.matcher(condition);
    steps.add(
        compared.matches()
            ? new Step.Filter(inner(compared.group(1)), compared.group(2), inner(compared.group(3)))
            : new Step.Filter(inner(condition), null, List.of()));
  }

  private List<Step> inner(String part) {
    Optional<List<Step>> read = parse(part);
    wrong |= read.isEmpty();
    return read.orElse(List.of());
  }

  private static boolean ends(char c) {
    return " \t\r\n.,[]$@{}".indexOf(c) >= 0;
  }

  private static boolean wordly(char c) {
    return c == '_' || Character.isLetter(c) || Character.isDigit(c);
  }
}
