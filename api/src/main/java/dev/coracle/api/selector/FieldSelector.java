package dev.coracle.api.selector;

import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** Picks objects by the values of a few fields that their resource offers for it. */
public record FieldSelector(List<Requirement> requirements) {

  public static final FieldSelector EVERYTHING = new FieldSelector(List.of());

  /** {@code field} equals {@code value}, or does not. */
  public record Requirement(String field, boolean equal, String value) {}

  public FieldSelector {
    requirements = List.copyOf(requirements);
  }

  public static FieldSelector equalTo(String field, String value) {
    return new FieldSelector(List.of(new Requirement(field, true, value)));
  }

  /**
   * @param fieldOf gives the text a selectable field has on an object; empty where it is unset
   */
  public boolean matches(KubeObject object, BiFunction<KubeObject, String, String> fieldOf) {
    for (Requirement r : requirements) {
      if (r.value().equals(fieldOf.apply(object, r.field())) != r.equal()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Matches by the plain paths of the fields, {@code spec.nodeName}, which serves every built-in
   * field but Event's and Pod IPs'.
   */
  public boolean matches(KubeObject object) {
    return matches(object, (o, field) -> o.text(field.split("\\.")));
  }

  public boolean isEverything() {
    return requirements.isEmpty();
  }

  /** As {@link #parse}; what cannot be read limits nothing, for questions that may be broader. */
  public static FieldSelector parseOrEverything(String text) {
    try {
      return parse(text);
    } catch (StatusException e) {
      return EVERYTHING;
    }
  }

  /**
   * Reads {@code a.b=c,d!=e}; backslash escapes comma, equals sign and backslash in values.
   *
   * @throws StatusException {@code BadRequest}
   */
  public static FieldSelector parse(String text) {
    if (text.isBlank()) {
      return EVERYTHING;
    }
    List<Requirement> out = new ArrayList<>();
    for (String term : split(text)) {
      if (term.isEmpty()) {
        continue;
      }
      int not = term.indexOf("!=");
      int is = term.indexOf('=');
      if (is < 0) {
        throw StatusException.badRequest(
            "invalid selector: '" + text + "'; can't understand '" + term + "'");
      }
      boolean negated = not >= 0 && not < is;
      int start = negated ? not + 2 : term.startsWith("==", is) ? is + 2 : is + 1;
      out.add(
          new Requirement(term.substring(0, negated ? not : is), !negated, unescape(term, start)));
    }
    return new FieldSelector(out);
  }

  private static List<String> split(String text) {
    List<String> terms = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == ',') {
        terms.add(text.substring(start, i));
        start = i + 1;
      }
    }
    terms.add(text.substring(start));
    return terms;
  }

  private static String unescape(String term, int start) {
    StringBuilder out = new StringBuilder();
    for (int i = start; i < term.length(); i++) {
      char c = term.charAt(i);
      if (c == '\\') {
        if (++i == term.length() || ",=\\".indexOf(term.charAt(i)) < 0) {
          throw StatusException.badRequest("invalid field selector: invalid escape sequence");
        }
        c = term.charAt(i);
      } else if (c == '=') {
        throw StatusException.badRequest("invalid field selector: unescaped '='");
      }
      out.append(c);
    }
    return out.toString();
  }

  @Override
  public String toString() {
    List<String> terms = new ArrayList<>();
    for (Requirement r : requirements) {
      String value = r.value().replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=");
      terms.add(r.field() + (r.equal() ? "=" : "!=") + value);
    }
    return String.join(",", terms);
  }
}
