package dev.coracle.kubelet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The real kubectl, talking to a {@link TestFront}. Set KUBECTL in the environment to use another
 * one than the PATH's.
 *
 * @param spdy whether to make it use SPDY, which newer ones only fall back to
 */
record Kubectl(int port, Path certificateAuthority, Path cache, boolean spdy) {
  private static final String KUBECTL =
      Optional.ofNullable(System.getenv("KUBECTL")).orElse("kubectl");

  /** What became of a command that has ended. */
  record Outcome(int code, String out, String err) {}

  static boolean isInstalled() {
    return runs(KUBECTL, "version", "--client");
  }

  static boolean runs(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException | InterruptedException e) {
      return false;
    }
  }

  ProcessBuilder command(String... args) {
    List<String> command =
        new ArrayList<>(
            List.of(
                KUBECTL,
                "--server=https://localhost:" + port,
                "--certificate-authority=" + certificateAuthority,
                "--token=t",
                "--cache-dir=" + cache.resolve("cache-" + port),
                "--kubeconfig=/dev/null"));
    command.addAll(List.of(args));
    return environment(new ProcessBuilder(command));
  }

  /** The same on a terminal of its own, by script(1). */
  ProcessBuilder onTerminal(String... args) {
    String line = String.join(" ", command(args).command());
    return environment(new ProcessBuilder("script", "-qefc", line, "/dev/null"))
        .redirectErrorStream(true);
  }

  private ProcessBuilder environment(ProcessBuilder builder) {
    if (spdy) {
      builder.environment().put("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "false");
      builder.environment().put("KUBECTL_PORT_FORWARD_WEBSOCKETS", "false");
    }
    return builder;
  }

  Outcome run(byte[] stdin, String... args) throws Exception {
    Process process = command(args).start();
    Thread.ofVirtual()
        .start(() -> {
          try (var in = process.getOutputStream()) {
            in.write(stdin);
          } catch (IOException e) {
            // it did not want all of it
          }
        });
    CompletableFuture<byte[]> out = readAll(process.getInputStream());
    CompletableFuture<byte[]> err = readAll(process.getErrorStream());
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("kubectl hangs: " + List.of(args));
    }
    return new Outcome(
        process.exitValue(), new String(out.get(), UTF_8), new String(err.get(), UTF_8));
  }

  private static CompletableFuture<byte[]> readAll(InputStream in) {
    CompletableFuture<byte[]> all = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            all.complete(in.readAllBytes());
          } catch (IOException e) {
            all.completeExceptionally(e);
          }
        });
    return all;
  }

  /** The local port that a started port-forward tells in its first line. */
  static int forwardedPort(Process process) throws IOException {
    String line = process.inputReader().readLine();
    assertThat(line).as("kubectl's first line").startsWith("Forwarding from 127.0.0.1:");
    return Integer.parseInt(line.replaceAll("Forwarding from 127.0.0.1:(\\d+).*", "$1"));
  }
}
