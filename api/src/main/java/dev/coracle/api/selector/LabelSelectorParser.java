package dev.coracle.api.selector;

import dev.coracle.api.Aggregate;
import dev.coracle.api.GoQuote;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelRequirement.Operator;
import dev.coracle.api.validation.NameRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A recursive-descent reader of the query form of label selectors, which takes and refuses what
 * upstream's does, in its words. One instance reads one text.
 */
final class LabelSelectorParser {
  private static final String SYMBOLS = "=!(),><";
  private static final Set<String> OPERATORS =
      Set.of("=", "==", "!=", "!", "<", ">", "(", ")", ",");
  private static final String BINARY = "in, notin, =, ==, !=, gt, lt";

  /** A word that is no operator; {@code in} and {@code notin} are words too but after a key. */
  private record Token(boolean word, String text) {
    boolean is(String operator) {
      return !word && text.equals(operator);
    }

    boolean isEnd() {
      return !word && text.isEmpty();
    }
  }

  private static final Token END = new Token(false, "");

  private final String text;
  private int at;
  private Token next;

  LabelSelectorParser(String text) {
    this.text = text;
    this.next = scan();
  }

  List<LabelRequirement> parse() {
    List<LabelRequirement> out = new ArrayList<>();
    while (!next.isEnd()) {
      if (!begins(next)) {
        throw refused("found '" + next.text + "', expected: !, identifier, or 'end of string'");
      }
      out.add(requirement());
      Token after = take();
      if (after.is(",")) {
        if (!begins(next)) {
          throw refused("found '" + next.text + "', expected: identifier after ','");
        }
      } else if (!after.isEnd()) {
        throw refused("found '" + after.text + "', expected: ',' or 'end of string'");
      }
    }
    return out;
  }

  private static boolean begins(Token token) {
    return token.word || token.is("!");
  }

  private LabelRequirement requirement() {
    boolean not = next.is("!");
    if (not) {
      take();
    }
    Token key = take();
    if (!key.word) {
      throw error("found '" + key.text + "', expected: identifier");
    }
    List<String> wrong = NameRules.qualifiedName(key.text);
    if (!wrong.isEmpty()) {
      throw invalid("<nil>", key.text, String.join("; ", wrong));
    }
    if (not) {
      return new LabelRequirement(key.text, Operator.DOES_NOT_EXIST, List.of());
    }
    if (next.isEnd() || next.is(",")) {
      return new LabelRequirement(key.text, Operator.EXISTS, List.of());
    }
    return compared(key.text);
  }

  private LabelRequirement compared(String key) {
    Token operator = take();
    return switch (operator.text) {
      case "=", "==" -> checked(key, Operator.IN, one());
      case "!=" -> checked(key, Operator.NOT_IN, one());
      case ">" -> checked(key, Operator.GREATER_THAN, one());
      case "<" -> checked(key, Operator.LESS_THAN, one());
      case "in" -> checked(key, Operator.IN, set());
      case "notin" -> checked(key, Operator.NOT_IN, set());
      default -> throw error("found '" + operator.text + "', expected: " + BINARY);
    };
  }

  private static LabelRequirement checked(String key, Operator operator, List<String> values) {
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      String value = values.get(i);
      boolean ordered = operator == Operator.GREATER_THAN || operator == Operator.LESS_THAN;
      if (ordered && !isInteger(value)) {
        wrong.add(
            words(
                "values[" + i + "]",
                value,
                "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
    }
    for (int i = 0; i < values.size(); i++) {
      List<String> why = NameRules.labelValue(values.get(i));
      if (!why.isEmpty()) {
        wrong.add(words("values[" + i + "][" + key + "]", values.get(i), String.join("; ", why)));
      }
    }
    if (!wrong.isEmpty()) {
      throw error(Aggregate.of(wrong));
    }
    return new LabelRequirement(key, operator, values);
  }

  private static boolean isInteger(String value) {
    try {
      Long.parseLong(value);
      return value.chars().allMatch(c -> c < 128);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private List<String> one() {
    if (next.isEnd() || next.is(",")) {
      return List.of("");
    }
    Token value = take();
    if (!value.word) {
      throw error("found '" + value.text + "', expected: identifier");
    }
    return List.of(value.text);
  }

  /** In parentheses; sorted, each once. */
  private List<String> set() {
    Token open = take();
    if (!open.is("(")) {
      throw error("found '" + open.text + "' expected: '('");
    }
    if (next.is(")")) {
      take();
      return List.of("");
    }
    if (!next.word && !next.is(",")) {
      throw error("found '" + next.text + "', expected: ',', ')' or identifier");
    }
    Set<String> values = new TreeSet<>();
    while (!next.is(")")) {
      member(values);
    }
    take();
    return List.copyOf(values);
  }

  private void member(Set<String> values) {
    Token token = take();
    if (token.word) {
      values.add(token.text);
      if (!next.is(",") && !next.is(")")) {
        throw error("found '" + next.text + "', expected: ',' or ')'");
      }
    } else if (token.is(",")) {
      if (values.isEmpty() || next.is(")") || next.is(",")) {
        values.add("");
      }
    } else {
      throw error("found '" + token.text + "', expected: ',', or identifier");
    }
  }

  private Token take() {
    Token taken = next;
    next = scan();
    return taken;
  }

  private Token scan() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    if (at >= text.length()) {
      return END;
    }
    int start = at;
    if (SYMBOLS.indexOf(text.charAt(at)) >= 0) {
      at += at + 1 < text.length() && OPERATORS.contains(text.substring(at, at + 2)) ? 2 : 1;
      return new Token(false, text.substring(start, at));
    }
    while (at < text.length()
        && SYMBOLS.indexOf(text.charAt(at)) < 0
        && " \t\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return new Token(true, text.substring(start, at));
  }

  private static StatusException invalid(String path, String value, String why) {
    return error(words(path, value, why));
  }

  private static String words(String path, String value, String why) {
    return path + ": Invalid value: " + GoQuote.of(value) + ": " + why;
  }

  private static StatusException error(String what) {
    return refused("unable to parse requirement: " + what);
  }

  private static StatusException refused(String what) {
    return StatusException.badRequest(what);
  }
}
