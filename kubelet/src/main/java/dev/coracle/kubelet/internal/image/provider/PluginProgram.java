package dev.coracle.kubelet.internal.image.provider;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.internal.image.provider.PodAccounts.Account;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a program: a CredentialProviderRequest on its standard input, a CredentialProviderResponse
 * on its standard output. Its pipes have virtual threads of their own, so that it can neither hang
 * on a full one nor hold anybody beyond its time; then it is killed with all its children.
 */
final class PluginProgram {
  private static final int MOST_OUTPUT = 1 << 20;
  private static final int MOST_ERRORS = 1024;

  private final Path directory;
  private final Provider provider;
  private final Duration limit;
  private final KubeletMetrics metrics;

  PluginProgram(Path directory, Provider provider, Duration limit, KubeletMetrics metrics) {
    this.directory = directory;
    this.provider = provider;
    this.limit = limit;
    this.metrics = metrics;
  }

  /**
   * Blocks.
   *
   * @throws PluginFailure
   */
  PluginResponse run(String image, Optional<Account> account) {
    long begun = System.nanoTime();
    boolean done = false;
    byte[] output;
    try {
      output = output(image, account);
      done = true;
    } finally {
      metrics.credentialsAsked(provider.name(), Duration.ofNanos(System.nanoTime() - begun), !done);
    }
    return PluginResponse.parse(output, provider.apiVersion());
  }

  private byte[] output(String image, Optional<Account> account) {
    Process process;
    try {
      process = start();
    } catch (IOException e) {
      throw failure(image, String.valueOf(e.getMessage()), "", account);
    }
    try {
      long end = System.nanoTime() + limit.toNanos();
      CompletableFuture<byte[]> output = read(process, process.getInputStream(), MOST_OUTPUT, true);
      CompletableFuture<byte[]> errors =
          read(process, process.getErrorStream(), MOST_ERRORS, false);
      Thread.startVirtualThread(() -> write(process.getOutputStream(), request(image, account)));
      if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
        throw failure(image, "context deadline exceeded", "", account);
      }
      byte[] written = output.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (written.length > MOST_OUTPUT) {
        throw failure(image, "it wrote more than 1 MiB", "", account);
      }
      if (process.exitValue() != 0) {
        byte[] said = errors.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        String text = new String(said, StandardCharsets.UTF_8).strip();
        throw failure(image, "exit status " + process.exitValue(), ": " + text, account);
      }
      return written;
    } catch (TimeoutException e) {
      throw failure(image, "context deadline exceeded", "", account);
    } catch (ExecutionException e) {
      throw failure(image, "its output cannot be read", "", account);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(image, "context canceled", "", account);
    } finally {
      kill(process);
    }
  }

  private Process start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(directory.resolve(provider.name()).toString());
    command.addAll(provider.args());
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(provider.env());
    return builder.start();
  }

  private byte[] request(String image, Optional<Account> account) {
    ObjectNode request =
        Json.object()
            .put("kind", "CredentialProviderRequest")
            .put("apiVersion", provider.apiVersion())
            .put("image", image);
    account.ifPresent(a -> {
      request.put("serviceAccountToken", a.token());
      if (!a.annotations().isEmpty()) {
        ObjectNode annotations = request.putObject("serviceAccountAnnotations");
        a.annotations().forEach(annotations::put);
      }
    });
    return Json.bytes(request);
  }

  private static void write(OutputStream to, byte[] request) {
    try (to) {
      to.write(request);
      to.write('\n');
    } catch (IOException e) {
      return; // It may end without having read.
    }
  }

  /**
   * Reads to the end, keeps the beginning.
   *
   * @param kill whether the program ends when it writes more than that
   */
  private static CompletableFuture<byte[]> read(
      Process process, InputStream from, int most, boolean kill) {
    CompletableFuture<byte[]> out = new CompletableFuture<>();
    Thread.startVirtualThread(() -> {
      try (from) {
        byte[] kept = from.readNBytes(kill ? most + 1 : most);
        out.complete(kept);
        if (kept.length > most) {
          kill(process);
        } else {
          from.transferTo(OutputStream.nullOutputStream());
        }
      } catch (IOException e) {
        out.completeExceptionally(e);
      }
    });
    return out;
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /** What it says of its failure is told, but for the token should it repeat that. */
  private PluginFailure failure(String image, String what, String said, Optional<Account> account) {
    String told = account.map(a -> said.replace(a.token(), "<omitted>")).orElse(said);
    return new PluginFailure(
        "error execing credential provider plugin "
            + provider.name()
            + " for image "
            + image
            + ": "
            + what
            + told);
  }
}
