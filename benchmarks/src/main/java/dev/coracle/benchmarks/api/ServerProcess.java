package dev.coracle.benchmarks.api;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@link ServerMain} in a process of its own, with the options of the JVM that {@code ./coracle}
 * gives with a heap of 2 GB; {@code CORACLE_JAVA_OPTS} adds to them.
 */
final class ServerProcess implements AutoCloseable {

  private final Process process;
  final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static ServerProcess start(Path work) throws IOException {
    String more = System.getenv().getOrDefault("CORACLE_JAVA_OPTS", "").trim();
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                more.matches(".*-XX:\\+Use\\w+GC.*") ? "-XX:-UseSerialGC" : "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "-XX:+UseTransparentHugePages",
                "-Xss512k",
                "-Xmx2g",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
    if (!more.isEmpty()) {
      command.addAll(List.of(more.split("\\s+")));
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            ServerMain.class.getName(),
            work.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String port = out.readLine();
    while (port != null && !port.matches("\\d+")) { // what a profiler says first
      port = out.readLine();
    }
    if (port == null) {
      process.destroy();
      throw new IOException("the API server did not start");
    }
    return new ServerProcess(process, Integer.parseInt(port));
  }

  /** Processor time since its start, in nanoseconds. */
  long cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
