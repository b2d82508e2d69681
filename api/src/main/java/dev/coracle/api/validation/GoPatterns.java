package dev.coracle.api.validation;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Regular expressions of schemas: Go's, whose search takes a time that is linear in the text
 * whatever the expression. Compiled ones are kept, up to a number.
 */
public final class GoPatterns {

  private static final int MOST_KEPT = 1024;

  private static final Map<String, Pattern> KEPT = new ConcurrentHashMap<>();

  private GoPatterns() {}

  /** Why it is no expression, in Go's words; empty where it is one. */
  public static String problem(String pattern) {
    try {
      compiled(pattern);
      return "";
    } catch (PatternSyntaxException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Whether it is found in the text; an expression that is none keeps nothing out. */
  static boolean isFound(String pattern, String text) {
    try {
      return compiled(pattern).matcher(text).find();
    } catch (PatternSyntaxException e) {
      return true;
    }
  }

  private static Pattern compiled(String pattern) {
    Pattern known = KEPT.get(pattern);
    if (known != null) {
      return known;
    }
    Pattern made = Pattern.compile(pattern);
    if (KEPT.size() >= MOST_KEPT) {
      KEPT.clear();
    }
    KEPT.put(pattern, made);
    return made;
  }
}
