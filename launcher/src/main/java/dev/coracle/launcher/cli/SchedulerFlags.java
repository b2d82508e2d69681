package dev.coracle.launcher.cli;

import dev.coracle.launcher.UserErrorException;
import dev.coracle.scheduler.Scheduler;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The scheduler's KubeSchedulerConfiguration. */
final class SchedulerFlags {

  @Option(
      names = "--scheduler-config",
      paramLabel = "FILE",
      description =
          "A KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1): profiles with their"
              + " plugins and weights, how nodes are scored, of how many the best is taken, back-off."
              + " Default: upstream's defaults")
  private @Nullable Path file;

  /**
   * @throws UserErrorException that names the file and says what is wrong with it
   */
  SchedulerOptions options() {
    Path chosen = file;
    if (chosen == null) {
      return SchedulerOptions.DEFAULT;
    }
    String said = "--scheduler-config " + chosen;
    try {
      return SchedulerConfiguration.parse(YamlFile.read(said, chosen), Scheduler.knownPlugins());
    } catch (IllegalArgumentException e) {
      throw YamlFile.refused(said, String.valueOf(e.getMessage()));
    }
  }
}
