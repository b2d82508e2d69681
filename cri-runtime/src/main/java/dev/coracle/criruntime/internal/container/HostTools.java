package dev.coracle.criruntime.internal.container;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** Programs of this machine, looked for in PATH and in the usual places. */
public final class HostTools {
  private static final List<String> USUAL =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  static final String PATH = String.join(":", USUAL);

  /** What a host tool is started with; nothing of our own environment. */
  public static final List<String> ENV = List.of("PATH=" + PATH, "LC_ALL=C");

  private static final int MAX_OUTPUT = 1 << 20;
  private static final Duration LIMIT = Duration.ofSeconds(10);

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
    Ended ended = run(builder, input.getBytes(StandardCharsets.UTF_8), LIMIT);
    return new Result(ended.code, new String(ended.output, StandardCharsets.UTF_8));
  }

  /** A program that has ended, and what it said on its two channels. */
  public record Ended(int code, byte[] output, byte[] error) {}

  /**
   * Runs a program with this input, for at most this long; then it is ended, and what it started
   * with it. A process that goes on in the background with its pipes is not waited for.
   *
   * @throws IOException also when it does not end in time
   */
  public static Ended run(ProcessBuilder builder, byte[] input, Duration limit) throws IOException {
    Process process = builder.start();
    try {
      Said output = Said.of(process.getInputStream());
      Said error = Said.of(process.getErrorStream());
      Thread.startVirtualThread(() -> {
        try (var in = process.getOutputStream()) {
          in.write(input);
        } catch (IOException e) {
          // The program did not want all of it; its exit code tells the rest.
        }
      });
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(builder.command().getFirst() + " did not end in time");
      }
      return new Ended(process.exitValue(), output.whole(), error.whole());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      if (process.isAlive()) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
  }

  /** What comes on one channel, read by a thread of its own. */
  private record Said(ByteArrayOutputStream bytes, CompletableFuture<Void> read) {
    static Said of(InputStream from) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      return new Said(
          bytes, CompletableFuture.runAsync(() -> copy(from, bytes), Thread::startVirtualThread));
    }

    private static void copy(InputStream from, ByteArrayOutputStream to) {
      byte[] some = new byte[8 << 10];
      try (from) {
        for (int n = from.read(some); n >= 0; n = from.read(some)) {
          to.write(some, 0, Math.min(n, MAX_OUTPUT - to.size()));
        }
      } catch (IOException e) {
        // Its end; what came before counts.
      }
    }

    byte[] whole() throws InterruptedException {
      try {
        read.get(1, TimeUnit.SECONDS);
      } catch (TimeoutException | ExecutionException e) {
        // Somebody else still holds the pipe.
      }
      return bytes.toByteArray();
    }
  }
}
