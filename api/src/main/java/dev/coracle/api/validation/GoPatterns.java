package dev.coracle.api.validation;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.lang.ref.SoftReference;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Regular expressions of schemas: Go's, whose search takes a time that is linear in the text
 * whatever the expression. Compiled ones, which can be large, are kept while there is memory.
 */
public final class GoPatterns {

  private static final int MOST_KEPT = 1024;
  private static final int LONGEST_KEPT = 4096;

  private static final Map<String, SoftReference<Pattern>> KEPT = new ConcurrentHashMap<>();

  private GoPatterns() {}

  /** Of instructions: more would take a good part of a small machine's memory. */
  private static final long LARGEST = 1 << 18;

  /** Of instructions for each character: more would take seconds. */
  private static final long MOST_STEPS = 100_000_000;

  /** Why it is no expression, in Go's words; empty where it is one. */
  public static String problem(String pattern) {
    try {
      compiled(pattern);
      return "";
    } catch (PatternSyntaxException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Whether it is found in the text; an expression that is none keeps nothing out, and one that is
   * large is not looked for in a text that is large too.
   */
  static boolean isFound(String pattern, String text) {
    try {
      return matcher(pattern, text).find();
    } catch (PatternSyntaxException e) {
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /**
   * To look for it in the text.
   *
   * @throws PatternSyntaxException in Go's words
   * @throws IllegalArgumentException a large expression would be looked for in a large text
   */
  public static Matcher matcher(String pattern, String text) {
    Pattern compiled = compiled(pattern);
    if (PatternSize.of(pattern) * text.length() > MOST_STEPS) {
      throw new IllegalArgumentException(
          "the regular expression is too large for a text of " + text.length() + " characters");
    }
    return compiled.matcher(text);
  }

  /**
   * Compiles what Go would: nothing that is repeated more than a thousand times.
   *
   * @throws PatternSyntaxException in Go's words
   */
  private static Pattern compile(String pattern) {
    long size = PatternSize.of(pattern);
    if (size < 0) {
      throw new PatternSyntaxException("invalid repeat count", pattern);
    }
    if (size > LARGEST) {
      throw new PatternSyntaxException("expression too large");
    }
    return Pattern.compile(pattern);
  }

  private static Pattern compiled(String pattern) {
    SoftReference<Pattern> kept = KEPT.get(pattern);
    Pattern known = kept == null ? null : kept.get();
    if (known != null) {
      return known;
    }
    Pattern made = compile(pattern);
    if (KEPT.size() >= MOST_KEPT) {
      KEPT.clear();
    }
    if (pattern.length() <= LONGEST_KEPT) {
      KEPT.put(pattern, new SoftReference<>(made));
    }
    return made;
  }
}
