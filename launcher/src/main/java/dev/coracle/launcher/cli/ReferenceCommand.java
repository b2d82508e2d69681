package dev.coracle.launcher.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Prints the commands and options as Markdown: docs/configuration.md is its output. */
@Command(name = "reference", hidden = true, description = "Print the reference of all options.")
final class ReferenceCommand implements Callable<Integer> {

  @Override
  public Integer call() {
    System.out.print(markdown());
    return 0;
  }

  static String markdown() {
    StringBuilder out = new StringBuilder("# Commands and options\n\n");
    out.append("Generated from the code by `./coracle reference`.\n\n");
    out.append(
        "Every option of `up` and `server` can also stand in a YAML file named by `--config`, under"
            + " its\n");
    out.append("long name without the hyphens in front (`port: 0`). An unknown key is an error.\n");
    for (Map.Entry<String, CommandLine> command :
        CoracleCommand.commandLine().getSubcommands().entrySet()) {
      section(out, command.getValue().getCommandSpec());
    }
    return out.toString();
  }

  private static void section(StringBuilder out, CommandSpec command) {
    if (command.usageMessage().hidden()) {
      return;
    }
    out.append("\n## ").append(command.qualifiedName()).append("\n\n");
    out.append(String.join(" ", command.usageMessage().description())).append("\n");
    if (command.options().stream().anyMatch(ReferenceCommand::isOwn)) {
      out.append("\n| option | what it is |\n|---|---|\n");
      command.options().stream()
          .filter(ReferenceCommand::isOwn)
          .forEach(o ->
              out.append("| `")
                  .append(o.longestName())
                  .append(o.arity().max() == 0 ? "" : " " + o.paramLabel())
                  .append("` | ")
                  .append(description(o))
                  .append(" |\n"));
    }
    command.subcommands().values().forEach(c -> section(out, c.getCommandSpec()));
  }

  private static boolean isOwn(OptionSpec option) {
    return !option.usageHelp() && !option.versionHelp() && !option.hidden();
  }

  private static String description(OptionSpec option) {
    String text =
        String.join(" ", option.description()).replace("${FALLBACK-VALUE}", option.fallbackValue());
    String value = option.defaultValue();
    return value == null ? text : text.replace("${DEFAULT-VALUE}", value);
  }
}
