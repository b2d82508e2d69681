package dev.coracle.cel;

import dev.coracle.api.GoQuote;
import java.util.Optional;

/** Why a text is no semantic version, in the words of the library that upstream reads them with. */
final class SemverFaults {

  private SemverFaults() {}

  static Optional<String> of(String text) {
    if (text.isEmpty()) {
      return Optional.of("Version string empty");
    }
    String[] parts = text.split("\\.", 3);
    if (parts.length < 3) {
      return Optional.of("No Major.Minor.Patch elements found");
    }
    String rest = parts[2];
    int plus = rest.indexOf('+');
    String build = plus < 0 ? "a" : rest.substring(plus + 1);
    rest = plus < 0 ? rest : rest.substring(0, plus);
    int dash = rest.indexOf('-');
    String pre = dash < 0 ? "a" : rest.substring(dash + 1);
    String patch = dash < 0 ? rest : rest.substring(0, dash);
    return number("major", "Major", parts[0])
        .or(() -> number("minor", "Minor", parts[1]))
        .or(() -> number("patch", "Patch", patch))
        .or(() -> prerelease(pre))
        .or(() -> build(build));
  }

  private static Optional<String> number(String name, String title, String digits) {
    if (!isNumber(digits)) {
      return invalid(name + " number", digits);
    }
    if (isLed(digits)) {
      return Optional.of(title + " number must not contain leading zeroes " + GoQuote.of(digits));
    }
    return range(digits);
  }

  private static Optional<String> range(String digits) {
    if (digits.isEmpty()) {
      return Optional.of("strconv.ParseUint: parsing \"\": invalid syntax");
    }
    try {
      Long.parseUnsignedLong(digits);
      return Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.of(
          "strconv.ParseUint: parsing " + GoQuote.of(digits) + ": value out of range");
    }
  }

  private static Optional<String> prerelease(String text) {
    for (String part : text.split("\\.", -1)) {
      Optional<String> fault;
      if (part.isEmpty()) {
        fault = Optional.of("Prerelease is empty");
      } else if (!isNumber(part)) {
        fault = isWord(part) ? Optional.empty() : invalid("prerelease", part);
      } else if (isLed(part)) {
        fault =
            Optional.of(
                "Numeric PreRelease version must not contain leading zeroes " + GoQuote.of(part));
      } else {
        fault = range(part);
      }
      if (fault.isPresent()) {
        return fault;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> build(String text) {
    for (String part : text.split("\\.", -1)) {
      if (part.isEmpty()) {
        return Optional.of("Build meta data is empty");
      }
      if (!isWord(part)) {
        return invalid("build meta data", part);
      }
    }
    return Optional.empty();
  }

  private static Optional<String> invalid(String what, String text) {
    return Optional.of("Invalid character(s) found in " + what + " " + GoQuote.of(text));
  }

  private static boolean isNumber(String text) {
    return text.matches("[0-9]*");
  }

  private static boolean isWord(String text) {
    return text.matches("[0-9A-Za-z-]+");
  }

  private static boolean isLed(String digits) {
    return digits.length() > 1 && digits.startsWith("0");
  }
}
