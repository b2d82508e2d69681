package dev.coracle.api;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads what an encoded object begins with (its kind, and the names and versions in its metadata)
 * without parsing the rest. Only what is written as plainly as encodings here are: no blanks, no
 * escapes. Of anything else it says that it does not know.
 */
final class EncodedHead {

  private static final byte[] METADATA = ascii("metadata");

  private EncodedHead() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** One of the first two fields, where they are plain texts; null otherwise. */
  static @Nullable String field(byte[] j, String field) {
    int at = 1;
    for (int n = 0; n < 2; n++) {
      int nameEnd = endOfText(j, at);
      if (nameEnd < 0 || nameEnd + 2 >= j.length || j[nameEnd + 1] != ':') {
        return null;
      }
      int valueEnd = endOfText(j, nameEnd + 2);
      if (valueEnd < 0 || valueEnd + 1 >= j.length) {
        return null;
      }
      if (is(j, at + 1, nameEnd, field)) {
        return text(j, nameEnd + 3, valueEnd);
      }
      if (j[valueEnd + 1] != ',') {
        return null;
      }
      at = valueEnd + 2;
    }
    return null;
  }

  /** A text in {@code metadata}, empty where it is not there; null when it cannot be told so. */
  static @Nullable String metadata(byte[] j, String field) {
    int at = 0;
    if (j.length == 0 || j[0] != '{') {
      return null;
    }
    // Only texts may stand before the metadata.
    while (true) {
      int nameEnd = endOfText(j, at + 1);
      if (nameEnd < 0 || nameEnd + 2 >= j.length || j[nameEnd + 1] != ':') {
        return null;
      }
      if (is(j, at + 2, nameEnd, METADATA)) {
        return j[nameEnd + 2] == '{' ? inside(j, nameEnd + 2, field) : null;
      }
      int valueEnd = endOfText(j, nameEnd + 2);
      if (valueEnd < 0 || valueEnd + 1 >= j.length || j[valueEnd + 1] != ',') {
        return null;
      }
      at = valueEnd + 1;
    }
  }

  /** In the object whose brace is here. */
  private static @Nullable String inside(byte[] j, int brace, String field) {
    if (brace + 1 < j.length && j[brace + 1] == '}') {
      return "";
    }
    int at = brace;
    while (true) {
      int nameEnd = endOfText(j, at + 1);
      if (nameEnd < 0 || nameEnd + 2 >= j.length || j[nameEnd + 1] != ':') {
        return null;
      }
      int value = nameEnd + 2;
      if (is(j, at + 2, nameEnd, field)) {
        int end = endOfText(j, value);
        return end < 0 ? null : text(j, value + 1, end);
      }
      int end = j[value] == '"' ? endOfText(j, value) + 1 : endOfValue(j, value);
      if (end <= 0 || end >= j.length) {
        return null;
      }
      if (j[end] == '}') {
        return "";
      }
      if (j[end] != ',') {
        return null;
      }
      at = end;
    }
  }

  /** Behind an object, a list, a number or a word; -1 when it is not so plain. */
  private static int endOfValue(byte[] j, int from) {
    int depth = 0;
    for (int i = from; i < j.length; i++) {
      switch (j[i]) {
        case '"' -> {
          i = endOfAnyText(j, i);
          if (i < 0) {
            return -1;
          }
        }
        case '{', '[' -> depth++;
        case '}', ']' -> {
          if (depth == 0) {
            return i;
          }
          if (--depth == 0) {
            return i + 1;
          }
        }
        case ',' -> {
          if (depth == 0) {
            return i;
          }
        }
        default -> {}
      }
    }
    return -1;
  }

  /** Where the text ends that begins here, whatever is in it. */
  private static int endOfAnyText(byte[] j, int quote) {
    for (int i = quote + 1; i < j.length; i++) {
      if (j[i] == '"') {
        return i;
      }
      if (j[i] == '\\') {
        i++;
      }
    }
    return -1;
  }

  /** Where the text ends that begins with the quote at this place; -1 when it is not so plain. */
  private static int endOfText(byte[] j, int quote) {
    if (quote >= j.length || j[quote] != '"') {
      return -1;
    }
    for (int i = quote + 1; i < j.length; i++) {
      if (j[i] == '"') {
        return i;
      }
      if (j[i] == '\\') {
        return -1;
      }
    }
    return -1;
  }

  private static String text(byte[] j, int from, int to) {
    return new String(j, from, to - from, StandardCharsets.UTF_8);
  }

  private static boolean is(byte[] j, int from, int to, byte[] text) {
    return java.util.Arrays.equals(j, from, to, text, 0, text.length);
  }

  private static boolean is(byte[] j, int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (j[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
