package dev.coracle.cel;

import com.google.re2j.Matcher;
import com.google.re2j.PatternSyntaxException;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import dev.cel.runtime.CelFunctionBinding;
import dev.coracle.api.GoDuration;
import dev.coracle.api.validation.GoPatterns;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * {@code find} and {@code findAll}, by regular expressions that take linear time; {@code format}.
 */
final class TextLibrary {

  private TextLibrary() {}

  static void addPatchesTo(Libraries libraries) {
    libraries.global(
        "jsonpatch.escapeKey",
        "jsonpatch_escapeKey_string",
        SimpleType.STRING,
        SimpleType.STRING,
        String.class,
        TextLibrary::escapeKey);
  }

  static void addTo(Libraries libraries) {
    searches(libraries);
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
          Matcher m = searcher(regex, text);
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

  private static void searches(Libraries libraries) {
    for (String name : List.of("indexOf", "lastIndexOf")) {
      boolean last = name.equals("lastIndexOf");
      String id = last ? "string_last_index_of_string" : "string_index_of_string";
      libraries.member(
          name,
          id,
          SimpleType.INT,
          SimpleType.STRING,
          SimpleType.STRING,
          String.class,
          String.class,
          (text, part) -> last ? lastIndex(text, part, length(text)) : index(text, part, 0));
      libraries.member(
          name,
          id + "_int",
          SimpleType.INT,
          List.of(SimpleType.STRING, SimpleType.STRING, SimpleType.INT),
          List.of(String.class, String.class, Long.class),
          args -> {
            String text = (String) args[0];
            long from = (Long) args[2];
            if (from < 0) {
              throw new CelFailure("index out of range: " + from, false);
            }
            if (from >= Math.max(1, length(text))) {
              return -1L;
            }
            String part = (String) args[1];
            return last ? lastIndex(text, part, from) : index(text, part, from);
          });
    }
  }

  private static long length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** Positions are those of characters, which may be two in a text. */
  private static long index(String text, String part, long from) {
    int found = text.indexOf(part, text.offsetByCodePoints(0, (int) from));
    return found < 0 ? -1 : text.codePointCount(0, found);
  }

  private static long lastIndex(String text, String part, long from) {
    int found = text.lastIndexOf(part, text.offsetByCodePoints(0, (int) from));
    return found < 0 ? -1 : text.codePointCount(0, found);
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
        case 'x' -> hex(value);
        case 'X' -> hex(value).toUpperCase(java.util.Locale.ROOT);
        default ->
            throw new CelFailure(
                "could not parse formatting clause: unrecognized formatting clause \""
                    + verb
                    + "\"",
                false);
      };
    } catch (ClassCastException e) {
      throw new CelFailure(
          "error during formatting: "
              + FormatClauses.refusal(verb)
              + ", was given "
              + FormatClauses.typeName(value),
          false);
    }
  }

  private static String hex(Object value) {
    return switch (value) {
      case String s -> HexFormat.of().formatHex(s.getBytes(StandardCharsets.UTF_8));
      case CelByteString b -> HexFormat.of().formatHex(b.toByteArray());
      default -> Long.toHexString((Long) value);
    };
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

  private static Matcher searcher(String regex, String text) {
    try {
      return matcher(regex, text);
    } catch (CelFailure e) {
      throw new CelFailure("Illegal regex: " + e.words(), false);
    }
  }

  private static boolean isFound(String text, String regex) {
    return matcher(regex, text).find();
  }

  private static List<String> all(String text, String regex, long most) {
    List<String> out = new ArrayList<>();
    Matcher m = searcher(regex, text);
    while ((most < 0 || out.size() < most) && m.find()) {
      out.add(m.group());
    }
    return out;
  }
}
