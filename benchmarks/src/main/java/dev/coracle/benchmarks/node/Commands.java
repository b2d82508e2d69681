package dev.coracle.benchmarks.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of the machine. */
final class Commands {
  private Commands() {}

  static boolean has(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(":")) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** Milliseconds until it has ended well. */
  static double timed(Path log, String... command) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(List.of(command) + " did not end");
    }
    double millis = (System.nanoTime() - begin) / 1e6;
    if (process.exitValue() != 0) {
      throw new IOException(List.of(command) + " failed: " + Files.readString(log).strip());
    }
    return millis;
  }
}
