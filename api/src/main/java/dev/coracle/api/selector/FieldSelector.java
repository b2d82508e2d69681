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
    List<String> terms = split(text);
    terms.sort(null);
    List<Requirement> out = new ArrayList<>();
    for (String term : terms) {
      if (!term.isEmpty()) {
        out.add(requirement(text, term));
      }
    }
    return out.isEmpty() ? EVERYTHING : new FieldSelector(out);
  }

  private static Requirement requirement(String text, String term) {
    int is = term.indexOf('=');
    if (is < 0) {
      throw StatusException.badRequest(
          "invalid selector: '" + text + "'; can't understand '" + term + "'");
    }
    boolean not = is > 0 && term.charAt(is - 1) == '!';
    int value = !not && term.startsWith("==", is) ? is + 2 : is + 1;
    return new Requirement(term.substring(0, not ? is - 1 : is), !not, unescape(term, value));
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
        String sequence = term.substring(i, Math.min(term.length(), i + 2));
        if (sequence.length() < 2 || ",=\\".indexOf(sequence.charAt(1)) < 0) {
          throw StatusException.badRequest(
              "invalid field selector: invalid escape sequence: " + sequence);
        }
        c = term.charAt(++i);
      } else if (c == '=') {
        // Upstream tells the character by its number.
        throw StatusException.badRequest(
            "invalid field selector: unescaped character in value: " + (int) c);
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
