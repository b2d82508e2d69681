package dev.coracle.launcher.cli;

import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.ProcessState;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code coracle status}: whether a cluster runs and where it is reached. Exit code 3 when none
 * runs.
 */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description =
        "Show whether the cluster runs, and where it is reached. Exits with 3 if it does not run.")
final class StatusCommand implements Callable<Integer> {

  private static final int NOT_RUNNING = 3;

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Override
  public Integer call() {
    Path root = dataDir.path();
    Optional<ProcessState> state = ProcessState.read(root);
    if (!DataDirectory.isInUse(root) || state.isEmpty()) {
      System.out.println("No cluster is running in " + root + ".");
      return NOT_RUNNING;
    }
    ProcessState s = state.get();
    System.out.printf("%-12s%s%n", "phase", s.phase());
    System.out.printf("%-12s%d%n", "process", s.pid());
    System.out.printf("%-12s%s%n", "started", s.started());
    System.out.printf("%-12s%s%n", "API server", s.apiUrl());
    System.out.printf("%-12s%s%n", "dashboard", s.dashboardUrl());
    System.out.printf("%-12s%s%n", "containers", s.runtime());
    System.out.printf("%-12s%s%n", "kubeconfig", root.resolve("kubeconfig"));
    return 0;
  }
}
