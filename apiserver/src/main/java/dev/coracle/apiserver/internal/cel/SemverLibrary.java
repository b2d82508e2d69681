package dev.coracle.apiserver.internal.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import java.math.BigInteger;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Semantic versions (semver.org): {@code semver("v1.2", true).isLessThan(semver("1.10.0"))}. */
final class SemverLibrary {

  private static final CelType SEMVER = OpaqueType.create("kubernetes.Semver");

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

  /** Builds are told apart by nothing: two versions that differ there only are equal in order. */
  record Version(long major, long minor, long patch, List<String> pre, String build)
      implements Comparable<Version> {

    @Override
    public int compareTo(Version o) {
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
      boolean number = Character.isDigit(a.charAt(a.length() - 1)) && a.matches("[0-9]+");
      boolean other = b.matches("[0-9]+");
      return number && other
          ? new BigInteger(a).compareTo(new BigInteger(b))
          : number != other ? (number ? -1 : 1) : Integer.signum(a.compareTo(b));
    }
  }

  private SemverLibrary() {}

  static void addTo(Libraries libraries) {
    CelType text = SimpleType.STRING;
    libraries.global(
        "semver", "string_to_semver", SEMVER, text, String.class, t -> required(t, false));
    libraries.global(
        "semver",
        "string_bool_to_semver",
        SEMVER,
        List.of(text, SimpleType.BOOL),
        List.of(String.class, Boolean.class),
        args -> required((String) args[0], (Boolean) args[1]));
    libraries.global(
        "isSemver",
        "is_semver_string",
        SimpleType.BOOL,
        text,
        String.class,
        t -> parse(t, false) != null);
    libraries.global(
        "isSemver",
        "is_semver_string_bool",
        SimpleType.BOOL,
        List.of(text, SimpleType.BOOL),
        List.of(String.class, Boolean.class),
        args -> parse((String) args[0], (Boolean) args[1]) != null);
    number(libraries, "major", Version::major);
    number(libraries, "minor", Version::minor);
    number(libraries, "patch", Version::patch);
    compare(
        libraries,
        "compareTo",
        "semver_compare_to",
        SimpleType.INT,
        (a, b) -> (long) Integer.signum(a.compareTo(b)));
    compare(
        libraries,
        "isLessThan",
        "semver_is_less_than",
        SimpleType.BOOL,
        (a, b) -> a.compareTo(b) < 0);
    compare(
        libraries,
        "isGreaterThan",
        "semver_is_greater_than",
        SimpleType.BOOL,
        (a, b) -> a.compareTo(b) > 0);
  }

  private static void number(
      Libraries libraries, String name, CelFunctionOverload.Unary<Version> part) {
    libraries.member(name, "semver_" + name, SimpleType.INT, SEMVER, Version.class, part);
  }

  private static void compare(
      Libraries libraries,
      String name,
      String id,
      CelType result,
      CelFunctionOverload.Binary<Version, Version> body) {
    libraries.member(name, id, result, SEMVER, SEMVER, Version.class, Version.class, body);
  }

  private static Version required(String text, boolean normalize) {
    Version version = parse(text, normalize);
    if (version == null) {
      throw new CelFailure("\"" + text + "\" is not a semantic version", false);
    }
    return version;
  }

  private static @Nullable Version parse(String text, boolean normalize) {
    String form = normalize ? normalized(text) : text;
    Matcher m = FORM.matcher(form);
    if (!m.matches()) {
      return null;
    }
    try {
      return new Version(
          Long.parseLong(m.group(1)),
          Long.parseLong(m.group(2)),
          Long.parseLong(m.group(3)),
          m.group(4) == null ? List.of() : List.of(m.group(4).split("\\.")),
          m.group(5) == null ? "" : m.group(5));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Without a {@code v} and leading zeros, with three numbers. */
  private static String normalized(String text) {
    String[] parts = (text.startsWith("v") ? text.substring(1) : text).split("\\.", 3);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      String part = i < parts.length ? parts[i] : "0";
      out.append(i == 0 ? "" : ".").append(part.replaceFirst("^0+(?=[0-9])", ""));
    }
    return out.toString();
  }
}
