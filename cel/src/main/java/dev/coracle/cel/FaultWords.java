package dev.coracle.cel;

import dev.coracle.api.GoQuote;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What goes wrong in an evaluation, as cel-go says it: clients show it, and tests look for it. */
final class FaultWords {

  static final String NO_FIELDS_OF_LISTS = "unsupported index type 'string' in list";

  private static final Pattern WHERE = Pattern.compile("^evaluation error( at [^:]*:\\d+)?: ");
  private static final Pattern ABSENT = Pattern.compile("^key '(.*)' is not present in map\\.?$");
  private static final Pattern FIELD = Pattern.compile("^Error resolving field '([^']*)'.*");
  private static final Pattern RANGE =
      Pattern.compile("^substring failure: Range \\[(-?\\d+), (-?\\d+)\\) out of bounds");
  private static final Pattern OVERFLOW =
      Pattern.compile("overflow|underflow|out of uint range|out of range for int|out of int range");
  private static final Pattern UNSIGNED = Pattern.compile("unsigned|uint");
  private static final String NO_NUMBER = "For input string: ";
  private static final Map<String, String> CONVERTED =
      Map.of(
          "int", "int",
          "uint", "uint",
          "double", "double",
          "bool", "bool",
          "timestamp", "google.protobuf.Timestamp",
          "duration", "google.protobuf.Duration");

  /** What the engine says before the number, and upstream. */
  private static final Map<String, String> BEGINNINGS =
      Map.of(
          "Index out of bounds: ", "index out of bounds: ",
          "charAt failure: Index out of range: ", "index out of range: ",
          "Unknown time-zone ID: ", "unknown time zone ");

  /** Of a time in form, whether its day is in the calendar or not. */
  private static final Pattern TIME =
      Pattern.compile(
          "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:"
              + "([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])");

  private FaultWords() {}

  /**
   * @param function that was called when it happened, as far as that is known
   * @param value what was evaluated last: its last argument
   */
  static String of(@Nullable String message, String function, @Nullable Object value) {
    String words = WHERE.matcher(String.valueOf(message)).replaceFirst("");
    for (var e : BEGINNINGS.entrySet()) {
      if (words.startsWith(e.getKey())) {
        return e.getValue() + words.substring(e.getKey().length());
      }
    }
    if (words.endsWith("/ by zero")) {
      return (function.equals("_%_") ? "modulus" : "division") + " by zero";
    }
    if (words.startsWith("No matching overload")) {
      return "no such overload";
    }
    if (words.startsWith("Function 'optional_value' failed")) {
      return "optional.none() dereference";
    }
    if (words.startsWith("Function 'add_timestamp") || words.startsWith("Function 'subtract_t")) {
      return "timestamp overflow";
    }
    // Inside of loops it is not known what was called.
    String to = CONVERTED.getOrDefault(function, words.startsWith(NO_NUMBER) ? "int" : "");
    if (to.endsWith(".Timestamp") && value instanceof String s && !TIME.matcher(s).matches()) {
      return "invalid RFC 3339 timestamp " + GoQuote.of(s);
    }
    if (!to.isEmpty() && (words.startsWith(NO_NUMBER) || value instanceof String)) {
      return "type conversion error from 'string' to '" + to + "'";
    }
    if (OVERFLOW.matcher(words).find()) {
      return UNSIGNED.matcher(words).find() || function.equals("uint")
          ? "unsigned integer overflow"
          : "integer overflow";
    }
    return matched(words, function, value);
  }

  private static String matched(String words, String function, @Nullable Object value) {
    Matcher absent = ABSENT.matcher(words);
    if (absent.matches()) {
      return "no such key: " + absent.group(1);
    }
    Matcher field = FIELD.matcher(words);
    if (field.matches()) {
      return value instanceof List ? NO_FIELDS_OF_LISTS : "no such key: " + field.group(1);
    }
    if (function.equals("_[_]") && words.equals(String.valueOf(value))) {
      return "no such key: " + words;
    }
    Matcher range = RANGE.matcher(words);
    if (range.find()) {
      long from = Long.parseLong(range.group(1));
      long to = Long.parseLong(range.group(2));
      // With one argument the end is that of the text.
      return from > to && value instanceof Long last && last == to
          ? "invalid substring range. start: " + from + ", end: " + to
          : "index out of range: " + (from < 0 || from > to ? from : to);
    }
    return words;
  }
}
