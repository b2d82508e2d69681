package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * {@link DemoIT} with the kubectl of the Kubernetes version that is served, which {@code
 * CORACLE_NEWEST_KUBECTL} names; the one on the PATH is often older.
 */
class DemoWithNewestKubectlIT extends DemoIT {

  @Override
  String program() {
    String program = System.getenv("CORACLE_NEWEST_KUBECTL");
    Assumptions.assumeTrue(
        program != null && Files.isExecutable(Path.of(program)),
        "CORACLE_NEWEST_KUBECTL names no kubectl; .ci/newest-kubectl fetches one");
    return program;
  }

  @Test
  void itIsOfTheVersionThatIsServed() {
    assertThat(Shell.run(program(), "version", "--client").out()).contains("v1.36.");
  }
}
