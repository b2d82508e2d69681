package dev.coracle.launcher.cli;

import dev.coracle.kubelet.config.SimulationOptions;
import dev.coracle.launcher.UserErrorException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Nodes that only pretend, beside the real one. */
final class SimulationFlags {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,7})(ms|s)(?:-(\\d{1,7})(ms|s))?");

  @Option(
      names = "--simulated-nodes",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Add so many nodes that run the same kubelet on a pretended machine. Default:"
              + " ${DEFAULT-VALUE}")
  private int nodes;

  @Option(
      names = "--simulated-start-delay",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description =
          "How long a pod takes to start on them: 200ms, or between two times, 200ms-2s. Default:"
              + " ${DEFAULT-VALUE}")
  private String startDelay = "0ms";

  @Option(
      names = "--simulated-stop-delay",
      paramLabel = "TIME",
      defaultValue = "0ms",
      description = "How long a container takes to end on them. Default: ${DEFAULT-VALUE}")
  private String stopDelay = "0ms";

  @Option(
      names = "--simulated-failures",
      paramLabel = "SHARE",
      defaultValue = "0",
      description =
          "The share of container starts that fail on them, 0 to 1. Default: ${DEFAULT-VALUE}")
  private double failures;

  SimulationOptions options() {
    Duration[] start = range("--simulated-start-delay", startDelay);
    try {
      return SimulationOptions.of(nodes)
          .withDelays(
              start[0], start[1].minus(start[0]), range("--simulated-stop-delay", stopDelay)[0])
          .withFailures(failures);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()));
    }
  }

  private static Duration[] range(String flag, String text) {
    Matcher m = DURATION.matcher(text);
    if (!m.matches()) {
      throw new UserErrorException(flag + " is a time such as 200ms or 2s, not '" + text + "'");
    }
    Duration from = duration(m.group(1), m.group(2));
    Duration to = m.group(3) == null ? from : duration(m.group(3), m.group(4));
    if (to.compareTo(from) < 0) {
      throw new UserErrorException(flag + ": the second time is shorter than the first");
    }
    return new Duration[] {from, to};
  }

  private static Duration duration(String number, String unit) {
    long n = Long.parseLong(number);
    return unit.equals("s") ? Duration.ofSeconds(n) : Duration.ofMillis(n);
  }
}
