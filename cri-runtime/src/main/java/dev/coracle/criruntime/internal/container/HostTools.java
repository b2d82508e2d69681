package dev.coracle.criruntime.internal.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs of this machine, looked for in PATH and in the usual places. */
public final class HostTools {
  private static final List<String> USUAL =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  /** What a host tool is started with; nothing of our own environment. */
  public static final List<String> ENV = List.of("PATH=" + String.join(":", USUAL), "LC_ALL=C");

  private static final int MAX_OUTPUT = 1 << 20;

  private HostTools() {}

  public static Optional<Path> find(String name) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.concat(Stream.of(path.split(":")), USUAL.stream())
        .filter(d -> d.startsWith("/"))
        .map(d -> Path.of(d, name))
        .filter(Files::isExecutable)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /** What a tool said and how it ended. */
  public record Result(int code, String output) {
    public Result orThrow(String what) throws IOException {
      if (code != 0) {
        throw new IOException(
            what + ": " + (output.isBlank() ? "exit code " + code : output.strip()));
      }
      return this;
    }
  }

  /** Runs a tool with this input, standard error and output together, for at most ten seconds. */
  public static Result run(String input, List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    ENV.forEach(e ->
        builder.environment().put(e.substring(0, e.indexOf('=')), e.substring(e.indexOf('=') + 1)));
    Process process = builder.start();
    try {
      try (var in = process.outputWriter()) {
        in.write(input);
      } catch (IOException e) {
        // The tool did not want all of it; its exit code tells the rest.
      }
      byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT);
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        throw new IOException(command.getFirst() + " did not end in time");
      }
      return new Result(
          process.exitValue(), new String(output, java.nio.charset.StandardCharsets.UTF_8));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }
}
