package dev.coracle.proxy.internal.nft;

import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs {@code nft} and {@code conntrack}: one process a transaction, which the kernel takes whole
 * or not at all. The processes are waited for on virtual threads of the executor given.
 */
public final class Nft {

  private static final long TIMEOUT_SECONDS = 10;

  private final Path binary;
  private final Executor blocking;

  public Nft(Path binary, Executor blocking) {
    this.binary = binary;
    this.blocking = blocking;
  }

  /** The program of this name in the usual places. */
  public static Optional<Path> find(String name) {
    return Stream.of("/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/", "/usr/local/sbin/")
        .map(dir -> Path.of(dir + name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Whether this process may change rules: asks the kernel, with a transaction that is only
   * checked.
   */
  public boolean works(String table) {
    try {
      run(List.of(binary.toString(), "-c", "-f", "-"), "add table ip " + table + "\n");
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** One atomic change. */
  Uni<Void> transaction(String script) {
    return onVirtualThread(() -> run(List.of(binary.toString(), "-f", "-"), script))
        .replaceWithVoid();
  }

  /**
   * One atomic change; blocks.
   *
   * @throws IOException the kernel has taken nothing of it
   */
  public void change(String script) throws IOException {
    try {
      run(List.of(binary.toString(), "-f", "-"), script);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  /** Runs a command whose failure does not matter: it clears what may not be there. */
  Uni<Void> attempt(List<String> command) {
    return onVirtualThread(() -> run(command, "")).replaceWithVoid().onFailure().recoverWithNull();
  }

  private <T> Uni<T> onVirtualThread(Callable<T> work) {
    return Uni.createFrom()
        .<T>emitter(emitter ->
            blocking.execute(() -> {
              try {
                emitter.complete(work.call());
              } catch (Exception e) {
                emitter.fail(e);
              }
            }));
  }

  private static String run(List<String> command, String input)
      throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // It ended before it read everything; its output says why.
    }
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IOException(command.getFirst() + " has not ended after " + TIMEOUT_SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          command.getFirst() + " ended with " + process.exitValue() + ": " + output.strip());
    }
    return output;
  }
}
