package dev.coracle.proxy.internal.nft;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands of {@code ip} that one process does: to start one for each takes ten times as long as
 * what it does.
 */
public final class IpBatch {

  private final List<String> begin;
  private final StringBuilder commands = new StringBuilder();

  private IpBatch(String... begin) {
    this.begin = List.of(begin);
  }

  /** In the namespace of the test's own process. */
  public static IpBatch here() {
    return new IpBatch("ip");
  }

  public static IpBatch in(String namespace) {
    return new IpBatch("ip", "-n", namespace);
  }

  /**
   * One more.
   *
   * @param command as on the command line, without {@code ip}
   */
  public IpBatch add(String command) {
    commands.append(command).append('\n');
    return this;
  }

  /** Does them in their order, up to the first that fails, upon which it throws what that said. */
  public void run() throws IOException, InterruptedException {
    Process process = start("-batch", "-");
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(commands + said);
    }
  }

  /** Does each of them, whether or not those before it failed. */
  public void runAll() throws IOException, InterruptedException {
    Process process = start("-force", "-batch", "-");
    process.getInputStream().readAllBytes();
    process.waitFor();
  }

  private Process start(String... how) throws IOException {
    List<String> command = new ArrayList<>(begin);
    command.addAll(List.of(how));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(commands.toString().getBytes(StandardCharsets.US_ASCII));
    }
    return process;
  }
}
