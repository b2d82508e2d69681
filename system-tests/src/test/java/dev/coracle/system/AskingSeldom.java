package dev.coracle.system;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * Who waits here mostly asks by a program, and a {@code kubectl} takes a fifth of a second of a
 * processor, which what is awaited needs itself. So it is asked at once, after a tenth of a second,
 * and half as often each time, down to once a second. JUnit finds this by its service file.
 */
public final class AskingSeldom implements Extension {

  static {
    Awaitility.setDefaultPollInterval(
        (_, before) -> Duration.ofMillis(Math.clamp(2 * before.toMillis(), 100, 1000)));
  }
}
