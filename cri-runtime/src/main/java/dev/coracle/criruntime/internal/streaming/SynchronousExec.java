package dev.coracle.criruntime.internal.streaming;

import com.google.protobuf.ByteString;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerKind;
import dev.coracle.criruntime.internal.container.ExecProcess;
import dev.coracle.criruntime.internal.linux.Poller;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a command to its end and collects what it says; what exceeds 16 MiB is thrown away. */
public final class SynchronousExec implements ExecProcess.Output {
  private static final int MAX_OUTPUT = 16 << 20;
  private static final long FOREVER_SECONDS = 365L * 24 * 3600;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final CompletableFuture<Integer> code = new CompletableFuture<>();

  private SynchronousExec() {}

  /**
   * @param timeoutSeconds 0 waits for ever
   * @throws TimeoutException the command was killed because it took too long
   */
  public static ExecSyncResponse run(
      ContainerKind kind,
      Container container,
      List<String> command,
      long timeoutSeconds,
      Poller poller)
      throws IOException, TimeoutException {
    SynchronousExec sync = new SynchronousExec();
    ExecProcess process = ExecProcess.start(kind, container, command, false, false, poller, sync);
    try {
      int exit =
          sync.code.get(timeoutSeconds > 0 ? timeoutSeconds : FOREVER_SECONDS, TimeUnit.SECONDS);
      return ExecSyncResponse.newBuilder()
          .setStdout(ByteString.copyFrom(sync.out.toByteArray()))
          .setStderr(ByteString.copyFrom(sync.err.toByteArray()))
          .setExitCode(exit)
          .build();
    } catch (TimeoutException e) {
      process.kill();
      throw new TimeoutException("command " + command + " timed out after " + timeoutSeconds + "s");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      process.kill();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Override
  public void output(boolean error, byte[] bytes) {
    ByteArrayOutputStream to = error ? err : out;
    to.write(bytes, 0, Math.min(bytes.length, MAX_OUTPUT - to.size()));
  }

  @Override
  public void exited(int exitCode) {
    code.complete(exitCode);
  }
}
