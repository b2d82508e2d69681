package dev.coracle.api.parallel;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * What is awaited without a limit of its own may take a minute, not Awaitility's ten seconds: tests
 * run side by side on machines that may stand still for seconds. JUnit finds this by its service
 * file.
 */
public final class PatientWaits implements Extension {

  static {
    Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
  }
}
