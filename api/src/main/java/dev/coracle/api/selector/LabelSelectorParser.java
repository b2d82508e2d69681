package dev.coracle.api.selector;

import dev.coracle.api.StatusException;
import dev.coracle.api.selector.LabelRequirement.Operator;
import java.util.ArrayList;
import java.util.List;

/** A recursive-descent reader of the query form of label selectors. One instance reads one text. */
final class LabelSelectorParser {

  private final String text;
  private int at;

  LabelSelectorParser(String text) {
    this.text = text;
  }

  List<LabelRequirement> parse() {
    List<LabelRequirement> out = new ArrayList<>();
    do {
      out.add(requirement());
      blanks();
    } while (accept(','));
    if (at < text.length()) {
      throw error("found '" + text.charAt(at) + "', expected: ',' or end of string");
    }
    return out;
  }

  private LabelRequirement requirement() {
    blanks();
    if (accept('!')) {
      return new LabelRequirement(key(), Operator.DOES_NOT_EXIST, List.of());
    }
    String key = key();
    blanks();
    if (at >= text.length() || text.charAt(at) == ',') {
      return new LabelRequirement(key, Operator.EXISTS, List.of());
    }
    if (accept('=')) {
      accept('=');
      return new LabelRequirement(key, Operator.IN, List.of(value()));
    }
    if (accept('!')) {
      if (!accept('=')) {
        throw error("found '!', expected: '!='");
      }
      return new LabelRequirement(key, Operator.NOT_IN, List.of(value()));
    }
    if (accept('>')) {
      return new LabelRequirement(key, Operator.GREATER_THAN, List.of(integer()));
    }
    if (accept('<')) {
      return new LabelRequirement(key, Operator.LESS_THAN, List.of(integer()));
    }
    String word = word();
    return switch (word) {
      case "in" -> new LabelRequirement(key, Operator.IN, set());
      case "notin" -> new LabelRequirement(key, Operator.NOT_IN, set());
      default ->
          throw error(
              "found '" + word + "', expected: in, notin, =, ==, !=, gt, lt, or end of string");
    };
  }

  private List<String> set() {
    blanks();
    if (!accept('(')) {
      throw error("expected: '('");
    }
    List<String> values = new ArrayList<>();
    do {
      values.add(value());
      blanks();
    } while (accept(','));
    if (!accept(')')) {
      throw error("expected: ',' or ')'");
    }
    return values;
  }

  private String key() {
    blanks();
    String key = word();
    if (!LabelSyntax.isQualifiedName(key)) {
      throw error("key: Invalid value: \"" + key + "\": a qualified name is needed");
    }
    return key;
  }

  private String value() {
    blanks();
    String value = word();
    if (!LabelSyntax.isLabelValue(value)) {
      throw error("values: Invalid value: \"" + value + "\": not a label value");
    }
    return value;
  }

  private String integer() {
    blanks();
    String value = word();
    try {
      Long.parseLong(value);
      return value;
    } catch (NumberFormatException e) {
      throw error("for 'Gt', 'Lt' operators, the value must be an integer");
    }
  }

  private String word() {
    int start = at;
    while (at < text.length() && "=!<>(), \t\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  private void blanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private boolean accept(char c) {
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private StatusException error(String what) {
    return StatusException.badRequest("unable to parse requirement: " + what);
  }
}
