package dev.coracle.cridocker.internal.streaming;

import com.google.protobuf.ByteString;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.Frames;
import dev.coracle.cridocker.internal.engine.Hijacked;
import dev.coracle.criruntime.server.StartException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs a command to its end and collects what it says; what exceeds 16 MiB is thrown away. */
public final class SynchronousExec {
  private static final int MAX_OUTPUT = 16 << 20;
  private static final long FOREVER_SECONDS = 365L * 24 * 3600;

  private final Execs execs;
  private final ExecConnections connections;
  private final Executor executor;

  /**
   * @param executor of virtual threads
   */
  public SynchronousExec(Engine engine, ExecConnections connections, Executor executor) {
    this.execs = new Execs(engine);
    this.connections = connections;
    this.executor = executor;
  }

  /**
   * @param timeoutSeconds 0 waits for ever
   * @throws TimeoutException the command was killed because it took too long
   */
  public ExecSyncResponse run(String containerId, List<String> command, long timeoutSeconds)
      throws IOException, TimeoutException {
    String id = execs.create(containerId, command, false, true, true, false);
    try (Hijacked connection = execs.start(id, false)) {
      CompletableFuture<ExecSyncResponse> result =
          CompletableFuture.supplyAsync(() -> collect(containerId, id, connection), executor);
      return result.get(timeoutSeconds > 0 ? timeoutSeconds : FOREVER_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      execs.kill(id);
      throw new TimeoutException("command " + command + " timed out after " + timeoutSeconds + "s");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
    } catch (InterruptedException e) {
      execs.kill(id);
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private ExecSyncResponse collect(String containerId, String id, Hijacked connection) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Frames frames = new Frames(connection.input(), false);
    connections.add(containerId, connection);
    try {
      for (Frames.Frame f = frames.next(); f != null; f = frames.next()) {
        ByteArrayOutputStream to = f.error() ? err : out;
        to.write(f.bytes(), 0, Math.min(f.bytes().length, MAX_OUTPUT - to.size()));
      }
      OptionalInt code = execs.exitCode(id);
      if (code.isEmpty()) {
        throw new StartException(out.toString(StandardCharsets.UTF_8).strip());
      }
      return ExecSyncResponse.newBuilder()
          .setStdout(ByteString.copyFrom(out.toByteArray()))
          .setStderr(ByteString.copyFrom(err.toByteArray()))
          .setExitCode(code.getAsInt())
          .build();
    } catch (ClosedChannelException e) {
      throw new CompletionException(
          new StartException("the container ended while the command ran", e));
    } catch (IOException e) {
      throw new CompletionException(e);
    } finally {
      connections.remove(containerId, connection);
    }
  }
}
