package dev.coracle.api;

import java.util.Optional;

/** Truth values as Go's {@code strconv.ParseBool} reads them. */
public final class GoBool {

  private GoBool() {}

  /** Empty for what is neither true nor false. */
  public static Optional<Boolean> parse(String text) {
    return switch (text) {
      case "1", "t", "T", "TRUE", "true", "True" -> Optional.of(true);
      case "0", "f", "F", "FALSE", "false", "False" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  /** What is no truth value is not true. */
  public static boolean isTrue(String text) {
    return parse(text).orElse(false);
  }
}
