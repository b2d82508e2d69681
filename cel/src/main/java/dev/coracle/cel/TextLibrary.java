package dev.coracle.cel;

import com.google.re2j.Matcher;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionBinding;
import dev.coracle.api.validation.GoPatterns;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code find} and {@code findAll}, by regular expressions that take linear time; {@code format}.
 */
final class TextLibrary {

  private TextLibrary() {}

  static void addTo(Libraries libraries) {
    libraries.global(
        "jsonpatch.escapeKey",
        "jsonpatch_escapeKey_string",
        SimpleType.STRING,
        SimpleType.STRING,
        String.class,
        TextLibrary::escapeKey);
    libraries.member(
        "format",
        "string_format",
        SimpleType.STRING,
        SimpleType.STRING,
        ListType.create(SimpleType.DYN),
        String.class,
        List.class,
        TextLibrary::format);
    libraries.member(
        "find",
        "string_find_string",
        SimpleType.STRING,
        SimpleType.STRING,
        SimpleType.STRING,
        String.class,
        String.class,
        (text, regex) -> {
          Matcher m = matcher(regex, text);
          return m.find() ? m.group() : "";
        });
    libraries.member(
        "findAll",
        "string_find_all_string",
        ListType.create(SimpleType.STRING),
        SimpleType.STRING,
        SimpleType.STRING,
        String.class,
        String.class,
        (text, regex) -> all(text, regex, -1));
    libraries.member(
        "findAll",
        "string_find_all_string_int",
        ListType.create(SimpleType.STRING),
        List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.INT),
        List.of(String.class, String.class, Long.class),
        args -> all((String) args[0], (String) args[1], (Long) args[2]));
  }

  /** How a key stands in a JSON pointer (RFC 6901). */
  private static String escapeKey(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }

  private static String format(String text, List<?> values) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      int verb = i + 1;
      while (verb < text.length() && ".0123456789".indexOf(text.charAt(verb)) >= 0) {
        verb++;
      }
      if (verb >= text.length()) {
        throw new CelFailure("unexpected end of string", false);
      }
      if (text.charAt(verb) == '%') {
        out.append('%');
      } else if (next >= values.size()) {
        throw new CelFailure("index " + next + " out of range", false);
      } else {
        String precision = text.substring(i + 1, verb);
        out.append(clause(text.charAt(verb), precision, values.get(next++)));
      }
      i = verb;
    }
    return out.toString();
  }

  private static String clause(char verb, String precision, Object value) {
    try {
      return switch (verb) {
        case 's' -> show(value);
        case 'd' -> Long.toString(((Number) value).longValue());
        case 'f', 'e' ->
            String.format(
                java.util.Locale.ROOT,
                "%" + (precision.isEmpty() ? ".6" : precision) + verb,
                ((Number) value).doubleValue());
        case 'b' -> Long.toBinaryString(value instanceof Boolean b ? (b ? 1 : 0) : (Long) value);
        case 'o' -> Long.toOctalString((Long) value);
        case 'x' -> Long.toHexString((Long) value);
        case 'X' -> Long.toHexString((Long) value).toUpperCase(java.util.Locale.ROOT);
        default ->
            throw new CelFailure(
                "could not parse formatting clause: unrecognized formatting clause \""
                    + verb
                    + "\"",
                false);
      };
    } catch (ClassCastException e) {
      throw new CelFailure("%" + verb + " can not format " + show(value), false);
    }
  }

  private static String show(Object value) {
    return switch (value) {
      case String s -> s;
      case List<?> l ->
          l.stream()
              .map(TextLibrary::show)
              .collect(java.util.stream.Collectors.joining(", ", "[", "]"));
      case java.util.Map<?, ?> m ->
          m.entrySet().stream()
              .map(e -> show(e.getKey()) + ": " + show(e.getValue()))
              .sorted()
              .collect(java.util.stream.Collectors.joining(", ", "{", "}"));
      case dev.cel.common.values.NullValue _ -> "null";
      case java.time.Duration d -> GoDuration.print(d);
      case Double d when d == Math.rint(d) && Math.abs(d) < 1e15 -> Long.toString(d.longValue());
      default -> value.toString();
    };
  }

  /** In the place of the library's own, which compiles whatever it is given. */
  static List<CelFunctionBinding> matches() {
    return List.of(
        CelFunctionBinding.from("matches", String.class, String.class, TextLibrary::isFound),
        CelFunctionBinding.from(
            "matches_string", String.class, String.class, TextLibrary::isFound));
  }

  private static Matcher matcher(String regex, String text) {
    try {
      return GoPatterns.matcher(regex, text);
    } catch (PatternSyntaxException | IllegalArgumentException e) {
      throw new CelFailure(String.valueOf(e.getMessage()), false);
    }
  }

  private static boolean isFound(String text, String regex) {
    return matcher(regex, text).find();
  }

  private static List<String> all(String text, String regex, long most) {
    List<String> out = new ArrayList<>();
    Matcher m = matcher(regex, text);
    while ((most < 0 || out.size() < most) && m.find()) {
      out.add(m.group());
    }
    return out;
  }
}
