package dev.coracle.launcher.cli;

import dev.coracle.api.StatusException;
import dev.coracle.launcher.UserErrorException;
import java.io.PrintWriter;
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
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      DashboardCommand.class,
      ImageCommand.class,
      ReferenceCommand.class
    },
    synopsisSubcommandLabel = "COMMAND")
public final class CoracleCommand implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(CoracleCommand.class);

  @CommandLine.Spec private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

  /** Runs one command and gives its exit code. */
  public static int run(String... args) {
    return commandLine().execute(args);
  }

  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new CoracleCommand());
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setParameterExceptionHandler(CoracleCommand::wrongUsage);
    line.setExecutionExceptionHandler(CoracleCommand::failed);
    CommandLine up = line.getSubcommands().get("up");
    if (up != null) {
      up.setDefaultValueProvider(new ConfigFile());
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
