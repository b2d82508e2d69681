package dev.coracle.cridocker.internal.streaming;

import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.cridocker.internal.engine.Frames;
import dev.coracle.cridocker.internal.engine.Hijacked;
import dev.coracle.criruntime.server.StartException;
import dev.coracle.criruntime.streaming.Channels;
import dev.coracle.criruntime.streaming.StreamStatus;
import dev.coracle.criruntime.streaming.TerminalSize;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One exec or attach: a WebSocket's channels joined with a connection that Docker has handed over.
 * One virtual thread carries output, another one input; each waits for the side that is slower.
 */
public final class CommandSession {
  private static final Logger LOG = LoggerFactory.getLogger(CommandSession.class);

  /** Pieces of input that wait for the container; reading stops when half of them are there. */
  private static final int QUEUE = 64;

  /** What the client sends, in its order: a size counts for the input that follows it. */
  private sealed interface Input {
    record Bytes(Buffer bytes) implements Input {}

    record Size(int width, int height) implements Input {}

    record End() implements Input {}
  }

  /** What Docker answers for a command that it could not start is longer than this never. */
  private static final int MAX_REFUSAL = 8 * 1024;

  /**
   * What was asked for.
   *
   * @param command empty for attach
   * @param terminal whether the command, or the container's own process, has one
   */
  public record Request(
      String containerId,
      List<String> command,
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean terminal) {
    public Request {
      command = List.copyOf(command);
    }

    private boolean attaches() {
      return command.isEmpty();
    }
  }

  private final Engine engine;
  private final ExecConnections connections;
  private final Execs execs;
  private final Request request;
  private final Channels channels;
  private final Executor executor;
  private final BlockingQueue<Input> input = new LinkedBlockingQueue<>();
  private volatile String resizePath = "";
  private volatile boolean clientGone;

  private CommandSession(
      Engine engine,
      ExecConnections connections,
      Request request,
      Channels channels,
      Executor executor) {
    this.engine = engine;
    this.connections = connections;
    this.execs = new Execs(engine);
    this.request = request;
    this.channels = channels;
    this.executor = executor;
  }

  /** To be called on the socket's event loop. */
  public static void serve(
      Engine engine,
      ExecConnections connections,
      Request request,
      ServerWebSocket socket,
      Channels channels,
      Executor executor) {
    CommandSession session = new CommandSession(engine, connections, request, channels, executor);
    // Nothing is read before there is something to read for.
    socket.pause();
    socket.binaryMessageHandler(session::message);
    channels.onClose(() -> {
      session.clientGone = true;
      session.input.add(new Input.End());
    });
    executor.execute(session::run);
  }

  private void run() {
    try {
      // Tells the peer that the channels stand.
      channels.send(
          request.stdout() ? Channels.STDOUT : request.stderr() ? Channels.STDERR : Channels.ERROR,
          new byte[0]);
      channels.send(Channels.ERROR, request.attaches() ? attach() : exec());
    } catch (IOException | RuntimeException e) {
      channels.send(
          Channels.ERROR,
          StreamStatus.failed("error executing command in container: " + e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      channels.close();
    }
  }

  private byte[] exec() throws IOException, InterruptedException {
    String id =
        execs.create(
            request.containerId(),
            request.command(),
            request.stdin(),
            request.stdout(),
            request.stderr(),
            request.terminal());
    resizePath = "/exec/" + id;
    try (Hijacked connection = execs.start(id, request.terminal())) {
      connections.add(request.containerId(), connection);
      executor.execute(() -> write(connection, Optional.of(id)));
      String last;
      try {
        last = read(connection);
      } catch (ClosedChannelException e) {
        throw new StartException("the container ended while the command ran", e);
      } finally {
        connections.remove(request.containerId(), connection);
      }
      OptionalInt code = execs.exitCode(id);
      if (code.isEmpty()) {
        throw new IOException(last.strip());
      }
      return StreamStatus.exited(code.getAsInt());
    }
  }

  private byte[] attach() throws IOException, InterruptedException {
    resizePath = "/containers/" + request.containerId();
    String query =
        "/containers/%s/attach?stream=1&stdin=%d&stdout=%d&stderr=%d"
            .formatted(
                request.containerId(),
                request.stdin() ? 1 : 0,
                request.stdout() ? 1 : 0,
                request.stderr() ? 1 : 0);
    try (Hijacked connection = engine.hijack(query)) {
      executor.execute(() -> write(connection, Optional.empty()));
      read(connection);
      return StreamStatus.exited(0);
    }
  }

  /** Carries output until there is no more, and tells the last of it. */
  private String read(Hijacked connection) throws IOException, InterruptedException {
    channels.read(true);
    Frames frames = new Frames(connection.input(), request.terminal());
    byte[] last = new byte[0];
    try {
      for (Frames.Frame f = frames.next(); f != null; f = frames.next()) {
        last = f.bytes();
        if (f.error() ? request.stderr() : request.stdout()) {
          channels.send(f.error() ? Channels.STDERR : Channels.STDOUT, f.bytes());
          channels.awaitRoom();
        }
      }
    } catch (IOException e) {
      // An attached client that leaves takes the connection with it.
      if (!clientGone) {
        throw e;
      }
    } finally {
      input.add(new Input.End());
    }
    return new String(last, 0, Math.min(last.length, MAX_REFUSAL), StandardCharsets.UTF_8);
  }

  private void write(Hijacked connection, Optional<String> execId) {
    try {
      while (take(connection)) {
        if (input.isEmpty()) {
          channels.read(true);
        }
      }
      leave(connection, execId);
    } catch (IOException e) {
      // A command that has ended reads no more; that it has, the other thread tells.
      LOG.atDebug().setCause(e).log("input not taken");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether there is more to come. */
  private boolean take(Hijacked connection) throws IOException, InterruptedException {
    switch (input.take()) {
      case Input.Bytes piece -> connection.write(ByteBuffer.wrap(piece.bytes().getBytes()));
      case Input.Size size -> resize(size);
      case Input.End end -> {
        return false;
      }
    }
    return true;
  }

  /** The input is at its end, or the client is gone. */
  private void leave(Hijacked connection, Optional<String> execId) throws IOException {
    if (clientGone && execId.isEmpty()) {
      connection.close();
    } else if (clientGone && request.terminal() && execId.isPresent()) {
      // As a terminal hangs up.
      execs.kill(execId.get());
    } else if (request.stdin()) {
      connection.endOfOutput();
    }
  }

  private void message(Buffer message) {
    if (message.length() == 0) {
      return;
    }
    int channel = message.getByte(0) & 0xff;
    Buffer body = message.slice(1, message.length());
    switch (channel) {
      case Channels.STDIN -> {
        if (request.stdin() && body.length() > 0) {
          add(new Input.Bytes(body));
        }
      }
      case Channels.RESIZE -> size(body).ifPresent(this::add);
      case Channels.CLOSE -> {
        if (body.length() == 1 && body.getByte(0) == Channels.STDIN) {
          add(new Input.End());
        }
      }
      default -> {
        // A channel that only we write to.
      }
    }
  }

  private void add(Input next) {
    input.add(next);
    if (input.size() >= QUEUE / 2) {
      channels.read(false);
    }
  }

  private static Optional<Input> size(Buffer body) {
    return TerminalSize.of(body.getBytes()).map(s -> new Input.Size(s.width(), s.height()));
  }

  private void resize(Input.Size size) {
    try {
      engine.post(resizePath + "/resize?h=" + size.height() + "&w=" + size.width());
    } catch (EngineException e) {
      // Neither does one for a command that has ended.
      LOG.atDebug().setCause(e).log("terminal not resized");
    }
  }
}
