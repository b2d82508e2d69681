package dev.coracle.launcher.cli;

import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Reads {@code --config FILE}: a YAML mapping whose keys are the long flags without their hyphens
 * in front ({@code data-dir: /var/lib/coracle}). A flag on the command line wins. An unknown key is
 * an error that names the nearest known ones.
 */
final class ConfigFile implements IDefaultValueProvider {

  private static final int LARGEST = 1 << 20;

  private @Nullable Path read;
  private Map<String, String> values = Map.of();

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || option.longestName().equals("--config")) {
      return null;
    }
    CommandSpec command = argument.command();
    Path file = fileOf(command);
    if (file == null) {
      return null;
    }
    if (!file.equals(read)) {
      values = load(file, command);
      read = file;
    }
    return values.get(option.longestName().substring(2));
  }

  private static @Nullable Path fileOf(CommandSpec command) {
    CommandLine.ParseResult parsed = command.commandLine().getParseResult();
    List<String> args = parsed == null ? List.of() : parsed.originalArgs();
    for (int i = 0; i < args.size(); i++) {
      if (args.get(i).startsWith("--config=")) {
        return Path.of(args.get(i).substring("--config=".length()));
      }
      if (args.get(i).equals("--config") && i + 1 < args.size()) {
        return Path.of(args.get(i + 1));
      }
    }
    return null;
  }

  private static Map<String, String> load(Path file, CommandSpec command) {
    try {
      if (Files.size(file) > LARGEST) {
        throw error(command, file, "is larger than 1 MiB");
      }
      return parse(Files.readString(file, StandardCharsets.UTF_8), file, command);
    } catch (NoSuchFileException e) {
      throw error(command, file, "does not exist");
    } catch (IOException e) {
      throw error(command, file, "cannot be read: " + e.getMessage());
    }
  }

  static Map<String, String> parse(String text, Path file, CommandSpec command) {
    Object document;
    try {
      Yaml.parse(text.getBytes(StandardCharsets.UTF_8), LARGEST); // Refuses what is too deep.
      document =
          new Load(LoadSettings.builder().setLabel(file.toString()).build()).loadFromString(text);
    } catch (StatusException e) {
      throw error(command, file, "is not valid YAML: " + e.getMessage());
    } catch (YamlEngineException e) {
      throw error(command, file, "is not valid YAML: " + e.getMessage());
    }
    if (document == null) {
      return Map.of();
    }
    if (!(document instanceof Map<?, ?> mapping)) {
      throw error(command, file, "must be a mapping of option names to values");
    }
    Map<String, String> out = new HashMap<>();
    mapping.forEach((key, value) -> {
      OptionSpec option = command.findOption("--" + key);
      if (option == null || String.valueOf(key).equals("config")) {
        throw error(
            command, file, "has the unknown key '" + key + "'; known are " + known(command));
      }
      List<?> values = value instanceof List<?> list ? list : Collections.singletonList(value);
      for (Object one : values) {
        if (one == null || one instanceof Collection<?> || one instanceof Map<?, ?>) {
          throw error(
              command, file, "must have one value for '" + key + "', or a list of such values");
        }
      }
      out.put(
          String.valueOf(key),
          values.stream().map(String::valueOf).collect(Collectors.joining(separator(option))));
    });
    return out;
  }

  /** What stands between several values of an option, which all but one split at commas. */
  private static String separator(OptionSpec option) {
    return option.splitRegex().equals(";") ? ";" : ",";
  }

  private static String known(CommandSpec command) {
    return command.options().stream()
        .map(o -> o.longestName().substring(2))
        .filter(n -> !n.equals("config") && !n.equals("help") && !n.equals("version"))
        .sorted()
        .collect(Collectors.joining(", "));
  }

  private static ParameterException error(CommandSpec command, Path file, String what) {
    return new ParameterException(
        command.commandLine(), "the configuration file " + file + " " + what);
  }
}
