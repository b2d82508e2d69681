package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Kubernetes' own client for Node.js, unchanged. What it does stands in {@code
 * src/test/client-node/drive.mjs}; {@code npm ci} there installs it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(240)
class ClientNodeIT {

  private static final Path FOLDER =
      CoracleProcess.HOME.resolve("system-tests/src/test/client-node");

  private CoracleProcess coracle;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    assumeTrue(onPath("node"), "node is not installed (Debian: nodejs npm)");
    assumeTrue(
        Files.isDirectory(FOLDER.resolve("node_modules/@kubernetes/client-node")),
        "@kubernetes/client-node is not installed: run npm ci in " + FOLDER);
    coracle = CoracleProcess.start(directory.resolve("data"));
  }

  @AfterAll
  void stop() throws Exception {
    if (coracle != null) {
      coracle.close();
    }
  }

  private static boolean onPath(String command) {
    for (String directory : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(directory, command))) {
        return true;
      }
    }
    return false;
  }

  @ParameterizedTest
  @ValueSource(strings = {"objects", "informer", "pod"})
  void itWorksUnchanged(String what) {
    Shell.Result result =
        Shell.run(
            Duration.ofSeconds(120),
            Map.of("KUBECONFIG", coracle.kubeconfig().toString()),
            "",
            List.of("node", FOLDER.resolve("drive.mjs").toString(), what));
    assertThat(result.exitCode()).as(result.all()).isZero();
    assertThat(result.out()).contains(what + " went well");
  }
}
