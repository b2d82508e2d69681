package dev.coracle.launcher.cli;

import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.ProcessState;
import dev.coracle.launcher.UserErrorException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code coracle down}: ends the cluster of a data directory; its data stays. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = "Stop the cluster; its data stays.")
final class DownCommand implements Callable<Integer> {

  private static final long MARGIN_SECONDS = 20;

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "How long to wait for its end. Default: 20 s longer than it may take, which is some"
              + " seconds and the grace its pods are given")
  private long timeout;

  @Override
  public Integer call() throws Exception {
    Path root = dataDir.path();
    Optional<ProcessState> state = ProcessState.read(root);
    if (!DataDirectory.isInUse(root) || state.isEmpty()) {
      System.out.println("No cluster is running in " + root + ".");
      return 0;
    }
    long pid = state.get().pid();
    Optional<ProcessHandle> process = ProcessHandle.of(pid);
    if (process.isEmpty()) {
      System.out.println("No cluster is running in " + root + ".");
      return 0;
    }
    if (!process.get().destroy()) {
      throw new UserErrorException(
          "no permission to stop process " + pid + "; run this as the user who started it");
    }
    long seconds = timeout > 0 ? timeout : state.get().longestStopSeconds() + MARGIN_SECONDS;
    try {
      process.get().onExit().get(seconds, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new UserErrorException(
          "process "
              + pid
              + " has not ended after "
              + seconds
              + " s; see "
              + root.resolve("run").resolve("coracle.log"));
    }
    System.out.println("Stopped.");
    return 0;
  }
}
