package dev.coracle.launcher.cli;

import dev.coracle.api.StatusException;
import dev.coracle.launcher.UserErrorException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The root: what there is, and how failures are told. Exit codes: 0 done, 1 failed, 2 wrong usage.
 */
@Command(
    name = "coracle",
    mixinStandardHelpOptions = true,
    version = "coracle " + dev.coracle.launcher.Version.TEXT,
    description = "A whole Kubernetes on the JVM.",
    synopsisSubcommandLabel = "COMMAND")
public final class CoracleCommand implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(CoracleCommand.class);

  /** Every command, in the order in which help lists them. */
  private static final Map<String, Supplier<Object>> COMMANDS = commands();

  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  private static Map<String, Supplier<Object>> commands() {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("up", UpCommand::new);
    commands.put("down", DownCommand::new);
    commands.put("status", StatusCommand::new);
    commands.put("dashboard", DashboardCommand::new);
    commands.put("server", ServerCommand::new);
    commands.put("agent", AgentCommand::new);
    commands.put("token", TokenCommand::new);
    commands.put("image", ImageCommand::new);
    commands.put("snapshot", SnapshotCommand::new);
    commands.put("reference", ReferenceCommand::new);
    return commands;
  }

  /** Runs one command and gives its exit code. */
  public static int run(String... args) {
    // Reading the options of all commands takes longer than most commands do.
    boolean named = args.length > 0 && COMMANDS.containsKey(args[0]);
    return commandLine(named ? Set.of(args[0]) : COMMANDS.keySet()).execute(args);
  }

  /** The command line with all of its commands. */
  static CommandLine commandLine() {
    return commandLine(COMMANDS.keySet());
  }

  private static CommandLine commandLine(Set<String> names) {
    CommandLine line = new CommandLine(new CoracleCommand());
    COMMANDS.forEach((name, command) -> {
      if (names.contains(name)) {
        line.addSubcommand(name, command.get());
      }
    });
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(CoracleCommand::wrongUsage);
    line.setExecutionExceptionHandler(CoracleCommand::failed);
    for (String name : List.of("up", "server")) {
      CommandLine cluster = line.getSubcommands().get(name);
      if (cluster != null) {
        cluster.setDefaultValueProvider(new ConfigFile());
      }
    }
    return line;
  }

  @Override
  public void run() {
    if (spec != null) {
      spec.commandLine().usage(spec.commandLine().getOut());
    }
  }

  private static int wrongUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("coracle: " + oneLine(e.getMessage()));
    if (!UnmatchedArgumentException.printSuggestions(e, err)) {
      err.println(
          "Run '" + command.getCommandSpec().qualifiedName() + " --help' for what it takes.");
    }
    return ExitCode.USAGE;
  }

  private static int failed(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    Throwable cause = e;
    while (cause instanceof java.util.concurrent.CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    command.getErr().println("coracle: " + oneLine(cause.getMessage()));
    if (!(cause instanceof UserErrorException) && !(cause instanceof StatusException)) {
      LOG.atError().setCause(cause).log("This is a bug in Coracle");
    }
    return ExitCode.SOFTWARE;
  }

  private static String oneLine(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "failed" : text.replaceAll("\\s*\\R\\s*", " ");
  }
}
