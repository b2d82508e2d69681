package dev.coracle.launcher.cli;

import dev.coracle.launcher.DataDirectory;
import dev.coracle.launcher.ProcessState;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code coracle dashboard}: prints the address that signs its owner in; the only place that prints
 * the token.
 */
@Command(
    name = "dashboard",
    mixinStandardHelpOptions = true,
    description = "Print the dashboard's address with a token that signs you in.")
final class DashboardCommand implements Callable<Integer> {

  @Mixin private final DataDirOption dataDir = new DataDirOption();

  @Override
  public Integer call() throws IOException {
    Path root = dataDir.path();
    ProcessState state =
        ProcessState.read(root)
            .filter(_ -> DataDirectory.isInUse(root))
            .orElseThrow(() ->
                new UserErrorException(
                    "no cluster is running in " + root + "; start one with 'coracle up'"));
    String token =
        Files.readString(root.resolve("pki").resolve("dashboard.token"), StandardCharsets.US_ASCII);
    System.out.println(state.dashboardUrl() + "#token=" + token.strip());
    return 0;
  }
}
