package dev.coracle.api.parallel;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.Extension;

/**
 * While it waits, Awaitility takes what any thread of the JVM throws and nobody catches for a
 * failure of whoever waits. Where classes run side by side that may be the end of another class's
 * server, so each test fails for what it sees itself. JUnit finds this by its service file.
 */
public final class OwnFailures implements Extension {

  static {
    Awaitility.doNotCatchUncaughtExceptionsByDefault();
  }
}
