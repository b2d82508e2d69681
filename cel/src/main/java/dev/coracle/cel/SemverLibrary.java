package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import dev.coracle.api.GoQuote;
import dev.coracle.api.validation.SemanticVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Semantic versions (semver.org): {@code semver("v1.2", true).isLessThan(semver("1.10.0"))}. */
final class SemverLibrary {

  private static final CelType SEMVER = OpaqueType.create("kubernetes.Semver");

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
    number(libraries, "major", SemanticVersion::major);
    number(libraries, "minor", SemanticVersion::minor);
    number(libraries, "patch", SemanticVersion::patch);
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
      Libraries libraries, String name, CelFunctionOverload.Unary<SemanticVersion> part) {
    libraries.member(name, "semver_" + name, SimpleType.INT, SEMVER, SemanticVersion.class, part);
  }

  private static void compare(
      Libraries libraries,
      String name,
      String id,
      CelType result,
      CelFunctionOverload.Binary<SemanticVersion, SemanticVersion> body) {
    libraries.member(
        name, id, result, SEMVER, SEMVER, SemanticVersion.class, SemanticVersion.class, body);
  }

  private static SemanticVersion required(String text, boolean normalize) {
    if (normalize && isShort(text)) {
      throw new CelFailure("short version cannot contain PreRelease/Build meta data", false);
    }
    String full = normalize ? normalized(text) : text;
    SemanticVersion version = parse(text, normalize);
    if (version == null) {
      throw new CelFailure(
          SemverFaults.of(full).orElse(GoQuote.of(text) + " is not a semantic version"), false);
    }
    return version;
  }

  static @Nullable SemanticVersion parse(String text, boolean normalize) {
    if (normalize && isShort(text)) {
      return null;
    }
    String full = normalize ? normalized(text) : text;
    return SemverFaults.of(full).isPresent() ? null : SemanticVersion.parse(full);
  }

  /** Of fewer than three numbers, and more than that. */
  private static boolean isShort(String text) {
    String[] parts = text.split("\\.", 3);
    return parts.length < 3 && parts[parts.length - 1].chars().anyMatch(c -> c == '+' || c == '-');
  }

  /** Without a {@code v} and leading zeros, with three numbers. */
  private static String normalized(String text) {
    String[] parts = (text.startsWith("v") ? text.substring(1) : text).split("\\.", 3);
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < 3; i++) {
      String part = i < parts.length ? parts[i] : "0";
      String bare = part.replaceFirst("^0+", "");
      // One zero stays where no digit is left to begin with.
      boolean bared = bare.isEmpty() || !Character.isDigit(bare.charAt(0));
      out.append(i == 0 ? "" : ".").append(part.length() < 2 ? part : bared ? "0" + bare : bare);
    }
    return out.toString();
  }
}
