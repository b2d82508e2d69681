package dev.coracle.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prometheus' own reader of expositions, where it is installed. */
final class Promtool {
  private static final Path BINARY = Path.of("/usr/bin/promtool");
  private static final int LINT = 3;

  private Promtool() {}

  static boolean installed() {
    return Files.isExecutable(BINARY);
  }

  /** Fails where the text cannot be parsed; gives what the linter says of names. */
  static String check(String exposition) throws Exception {
    Process process =
        new ProcessBuilder(BINARY.toString(), "check", "metrics").redirectErrorStream(true).start();
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try (var in = process.getOutputStream()) {
                in.write(exposition.getBytes(StandardCharsets.UTF_8));
              } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
              }
            });
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    writer.join();
    assertThat(process.waitFor()).as(said).isIn(0, LINT);
    return said;
  }
}
