package dev.coracle.api.validation;

import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A semantic version (semver.org). Builds are told apart by nothing: two versions that differ there
 * only are equal in order.
 */
public record SemanticVersion(long major, long minor, long patch, List<String> pre, String build)
    implements Comparable<SemanticVersion> {

  private static final String NUMBER = "(0|[1-9][0-9]*)";
  private static final String PRE = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)";
  private static final Pattern FORM =
      Pattern.compile(
          NUMBER
              + "\\."
              + NUMBER
              + "\\."
              + NUMBER
              + ("(?:-(" + PRE + "(?:\\." + PRE + ")*))?")
              + "(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?");

  /** The version that the text says in full; null where it is none. */
  public static @Nullable SemanticVersion parse(String text) {
    Matcher m = FORM.matcher(text);
    if (!m.matches()) {
      return null;
    }
    try {
      return new SemanticVersion(
          Long.parseLong(m.group(1)),
          Long.parseLong(m.group(2)),
          Long.parseLong(m.group(3)),
          m.group(4) == null ? List.of() : List.of(m.group(4).split("\\.")),
          m.group(5) == null ? "" : m.group(5));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  @Override
  public int compareTo(SemanticVersion o) {
    int by = Long.compare(major, o.major);
    by = by != 0 ? by : Long.compare(minor, o.minor);
    by = by != 0 ? by : Long.compare(patch, o.patch);
    if (by != 0) {
      return by;
    }
    if (pre.isEmpty() || o.pre.isEmpty()) {
      return Boolean.compare(pre.isEmpty(), o.pre.isEmpty());
    }
    for (int i = 0; i < Math.min(pre.size(), o.pre.size()) && by == 0; i++) {
      by = part(pre.get(i), o.pre.get(i));
    }
    return by != 0 ? by : Integer.compare(pre.size(), o.pre.size());
  }

  /** Numbers by size and before words, words by their characters. */
  private static int part(String a, String b) {
    boolean number = a.matches("[0-9]+");
    boolean other = b.matches("[0-9]+");
    return number && other
        ? new BigInteger(a).compareTo(new BigInteger(b))
        : number != other ? (number ? -1 : 1) : Integer.signum(a.compareTo(b));
  }
}
