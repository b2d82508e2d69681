package dev.coracle.launcher.systemd;

import dev.coracle.launcher.UserErrorException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/** How long the service manager waits for a sign of life (sd_watchdog_enabled(3)). */
final class WatchdogTime {

  private static final Duration LEAST = Duration.ofSeconds(1);

  private WatchdogTime() {}

  /**
   * Empty where no watchdog waits for this process.
   *
   * @throws UserErrorException where the time cannot be kept
   */
  static Optional<Duration> of(Map<String, String> environment, long pid) {
    String time = environment.getOrDefault("WATCHDOG_USEC", "");
    String meant = environment.getOrDefault("WATCHDOG_PID", "");
    if (time.isEmpty() || !meant.isEmpty() && number("WATCHDOG_PID", meant) != pid) {
      return Optional.empty();
    }
    Duration wait = Duration.of(number("WATCHDOG_USEC", time), ChronoUnit.MICROS);
    if (wait.compareTo(LEAST) <= 0) {
      throw new UserErrorException(
          "the watchdog's time of "
              + wait
              + " is too small (WatchdogSec): more than 1s are needed");
    }
    return Optional.of(wait);
  }

  private static long number(String variable, String value) {
    try {
      return Math.max(0, Long.parseLong(value));
    } catch (NumberFormatException e) {
      throw new UserErrorException(variable + " is no number: " + value);
    }
  }
}
