package dev.coracle.api;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The texts of field names by their bytes, so that reading a name that came before makes no text.
 * Bounded: a name that finds its places taken is not kept, and neither are those of {@code
 * managedFields} that carry a value ({@code k:{"ip":"10.0.0.7"}}), which seldom come again.
 *
 * <p>Safe on any thread without locks: a text is immutable, and a lost race only makes one more.
 */
final class NameTable {

  /** About three times the names of all built-in kinds and their forms in managedFields. */
  private static final int PLACES = 16_384;

  private static final int TRIES = 8;
  private static final int LONGEST = 64;

  private final @Nullable String[] names = new String[PLACES];

  /** The text of these bytes, which hold no escape. */
  String of(byte[] json, int from, int to) {
    if (to - from > LONGEST || carriesValue(json, from, to)) {
      return new String(json, from, to - from, StandardCharsets.UTF_8);
    }
    int hash = hash(json, from, to);
    int place = hash ^ hash >>> 15;
    for (int i = 0; i < TRIES; i++) {
      int at = place + i & PLACES - 1;
      String there = names[at];
      if (there == null) {
        // The very text that code asks for.
        String made = new String(json, from, to - from, StandardCharsets.UTF_8).intern();
        names[at] = made;
        return made;
      }
      if (is(there, json, from, to)) {
        return there;
      }
    }
    return new String(json, from, to - from, StandardCharsets.UTF_8);
  }

  /** The text that is kept for this one, itself where there is none. */
  String of(String name) {
    int hash = name.hashCode(); // as of its bytes, where it is ASCII
    int place = hash ^ hash >>> 15;
    for (int i = 0; i < TRIES; i++) {
      String there = names[place + i & PLACES - 1];
      if (there == null) {
        return name;
      }
      if (there.equals(name)) {
        return there;
      }
    }
    return name;
  }

  private static boolean carriesValue(byte[] json, int from, int to) {
    return to - from > 2 && json[from + 1] == ':' && (json[from] == 'k' || json[from] == 'v');
  }

  static int hash(byte[] json, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + json[i];
    }
    return hash;
  }

  /** Whether a text is these bytes; always false when one of them is not ASCII. */
  static boolean is(String text, byte[] json, int from, int to) {
    if (text.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (json[i] < 0 || text.charAt(i - from) != json[i]) {
        return false;
      }
    }
    return true;
  }
}
