package dev.coracle.kubelet.internal.simulated;

import dev.coracle.kubelet.config.SimulationOptions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How one pod behaves on a simulated node: its annotations first, then the options.
 *
 * @param startDelay how long its sandbox takes
 * @param startJitter up to so much longer
 * @param stopDelay how long its containers take to end
 * @param runs how long its containers run; empty: until they are stopped
 * @param exitCode with what they then end
 * @param failures the share of container starts that fail
 */
record Behaviour(
    Duration startDelay,
    Duration startJitter,
    Duration stopDelay,
    Optional<Duration> runs,
    int exitCode,
    double failures) {

  static final String PREFIX = "simulation.coracle.dev/";
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)(ms|s|m|h)");

  static Behaviour of(Map<String, String> annotations, SimulationOptions options) {
    return new Behaviour(
        duration(annotations, "start-delay").orElse(options.startDelay()),
        duration(annotations, "start-delay").isPresent() ? Duration.ZERO : options.startJitter(),
        duration(annotations, "stop-delay").orElse(options.stopDelay()),
        duration(annotations, "runs-for"),
        number(annotations, "exit-code").map(Double::intValue).orElse(0),
        number(annotations, "failures").orElse(options.failures()));
  }

  private static Optional<Duration> duration(Map<String, String> annotations, String name) {
    Matcher m = DURATION.matcher(annotations.getOrDefault(PREFIX + name, ""));
    if (!m.matches()) {
      return Optional.empty();
    }
    double millis =
        switch (m.group(2)) {
          case "ms" -> 1;
          case "s" -> 1_000;
          case "m" -> 60_000;
          default -> 3_600_000;
        };
    return Optional.of(Duration.ofMillis(Math.round(Double.parseDouble(m.group(1)) * millis)));
  }

  private static Optional<Double> number(Map<String, String> annotations, String name) {
    String text = annotations.get(PREFIX + name);
    if (text == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }
}
