package dev.coracle.launcher.cli;

import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The options that a command runs with, as {@code /flagz} shows them: given, from the file, or as
 * they are by default. What is secret is not among them.
 */
final class ShownFlags {

  /** What upstream has in the place of secrets. */
  private static final String SECRET = "CLASSIFIED";

  private static final Pattern SECRET_NAME =
      Pattern.compile("(^|.*-)(token|password|secret|certificate-key)");
  private static final Pattern USER_OF_URL = Pattern.compile("(?<=://)[^/@\\s]+(?=@)");

  private ShownFlags() {}

  static Map<String, String> of(@Nullable CommandSpec command) {
    Map<String, String> out = new TreeMap<>();
    if (command != null) {
      for (OptionSpec option : command.options()) {
        if (!option.usageHelp() && !option.versionHelp() && !option.hidden()) {
          String name = option.longestName().replaceFirst("^-+", "");
          out.put(name, shown(name, text(option.getValue())));
        }
      }
    }
    return out;
  }

  static String shown(String name, String value) {
    return SECRET_NAME.matcher(name).matches() && !value.isEmpty()
        ? SECRET
        : USER_OF_URL.matcher(value).replaceAll(SECRET);
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case null -> "";
      case Collection<?> all -> all.stream().map(String::valueOf).collect(Collectors.joining(","));
      case Map<?, ?> all ->
          all.entrySet().stream()
              .map(e -> e.getKey() + "=" + e.getValue())
              .sorted()
              .collect(Collectors.joining(","));
      default -> String.valueOf(value);
    };
  }
}
