package dev.coracle.cel;

import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the clauses of a format ({@code "%s of %d"}) fit the types of what they show. */
final class FormatClauses {

  /**
   * What is wrong, in upstream's words.
   *
   * @param value which value does not fit; negative where it is none of them
   */
  record Fault(int value, String words) {}

  private static final int MOST_PRECISE = 100;
  private static final String CLAUSE = "could not parse formatting clause: ";
  private static final Set<CelKind> SHOWN =
      Set.of(
          CelKind.LIST,
          CelKind.MAP,
          CelKind.INT,
          CelKind.UINT,
          CelKind.DOUBLE,
          CelKind.BOOL,
          CelKind.STRING,
          CelKind.TIMESTAMP,
          CelKind.BYTES,
          CelKind.DURATION,
          CelKind.TYPE,
          CelKind.NULL_TYPE);

  private FormatClauses() {}

  static @Nullable Fault check(String text, List<? extends @Nullable CelType> types) {
    int used = 0;
    for (int i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i)) {
      if (text.startsWith("%%", i)) {
        i += 2;
        continue;
      }
      if (i + 1 >= text.length()) {
        return new Fault(-1, "unexpected end of string");
      }
      if (used >= types.size()) {
        return new Fault(-1, "index " + used + " out of range");
      }
      i++;
      if (text.charAt(i) == '.') {
        int digits = i + 1;
        i = digits;
        while (i < text.length() && Character.isDigit(text.charAt(i))) {
          i++;
        }
        String precision = text.substring(digits, i);
        if (i >= text.length()) {
          return new Fault(
              -1,
              CLAUSE + "error while parsing precision: could not find end of precision specifier");
        }
        if (precision.length() > 3
            || !precision.isEmpty() && Integer.parseInt(precision) > MOST_PRECISE) {
          return new Fault(
              -1,
              CLAUSE
                  + "error while parsing precision: precision "
                  + precision
                  + " exceeds maximum allowed precision "
                  + MOST_PRECISE);
        }
      }
      int verb = text.codePointAt(i);
      CelType type = types.get(used);
      String refusal = refusal(verb, type == null ? CelKind.DYN : type.kind());
      if (refusal == null) {
        return new Fault(
            -1, CLAUSE + "unrecognized formatting clause \"" + Character.toString(verb) + "\"");
      }
      if (!refusal.isEmpty() && type != null) {
        return new Fault(
            used, "error during formatting: " + refusal + ", was given " + type.name());
      }
      used++;
      i++;
    }
    return used < types.size()
        ? new Fault(
            -1,
            "too many arguments supplied to string.format (expected "
                + used
                + ", got "
                + types.size()
                + ")")
        : null;
  }

  /** What a clause is for, of a value that it is not for. */
  static String refusal(int verb) {
    return String.valueOf(refusal(verb, CelKind.ANY));
  }

  static String typeName(Object value) {
    return switch (value) {
      case String _ -> "string";
      case Boolean _ -> "bool";
      case Double _ -> "double";
      case Long _ -> "int";
      case List<?> _ -> "list";
      case java.util.Map<?, ?> _ -> "map";
      default -> value.getClass().getSimpleName();
    };
  }

  /** Null for a clause that there is none of; empty where the type may be. */
  private static @Nullable String refusal(int verb, CelKind kind) {
    boolean any = kind == CelKind.DYN;
    boolean whole = kind == CelKind.INT || kind == CelKind.UINT;
    boolean text = kind == CelKind.STRING;
    return switch (verb) {
      case 's' ->
          any || SHOWN.contains(kind)
              ? ""
              : "string clause can only be used on strings, bools, bytes, ints, doubles, maps,"
                  + " lists, types, durations, and timestamps";
      case 'd' -> any || whole ? "" : "decimal clause can only be used on integers";
      case 'o' -> any || whole ? "" : "octal clause can only be used on integers";
      case 'f' ->
          any || text || kind == CelKind.DOUBLE
              ? ""
              : "fixed-point clause can only be used on doubles";
      case 'e' ->
          any || text || kind == CelKind.DOUBLE
              ? ""
              : "scientific clause can only be used on doubles";
      case 'b' ->
          any || whole || kind == CelKind.BOOL
              ? ""
              : "only integers and bools can be formatted as binary";
      case 'x', 'X' ->
          any || whole || text || kind == CelKind.BYTES
              ? ""
              : "only integers, byte buffers, and strings can be formatted as hex";
      default -> null;
    };
  }
}
