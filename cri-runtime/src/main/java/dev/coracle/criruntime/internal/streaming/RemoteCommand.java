package dev.coracle.criruntime.internal.streaming;

import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerKind;
import dev.coracle.criruntime.internal.container.ExecProcess;
import dev.coracle.criruntime.internal.container.OutputHub;
import dev.coracle.criruntime.internal.linux.FdWriter;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.streaming.Channels;
import dev.coracle.criruntime.streaming.StreamStatus;
import dev.coracle.criruntime.streaming.TerminalSize;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;

/** One exec or attach over a WebSocket. */
public final class RemoteCommand {

  /**
   * What was asked for.
   *
   * @param command empty for attach
   */
  public record Request(
      Container container,
      List<String> command,
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean tty) {
    public Request {
      command = List.copyOf(command);
    }
  }

  private final Request request;
  private final Channels channels;
  private volatile Optional<FdWriter> input = Optional.empty();
  private volatile ResizeTarget resize = (w, h) -> {};

  private interface ResizeTarget {
    void resize(int width, int height);
  }

  private RemoteCommand(Request request, Channels channels) {
    this.request = request;
    this.channels = channels;
  }

  public static void serve(
      Request request,
      ServerWebSocket socket,
      Channels channels,
      ContainerKind kind,
      Poller poller,
      Executor executor) {
    RemoteCommand session = new RemoteCommand(request, channels);
    // Nothing is read before there is something to read for.
    socket.pause();
    socket.binaryMessageHandler(session::message);
    executor.execute(() -> {
      try {
        // Tells the peer that the channels stand.
        channels.send(
            request.stdout()
                ? Channels.STDOUT
                : request.stderr() ? Channels.STDERR : Channels.ERROR,
            new byte[0]);
        if (request.command().isEmpty()) {
          session.attach(socket, poller);
        } else {
          session.exec(socket, kind, poller);
        }
        channels.read(true);
      } catch (IOException | RuntimeException e) {
        channels.send(
            Channels.ERROR,
            StreamStatus.failed("error executing command in container: " + e.getMessage()));
        channels.close();
      }
    });
  }

  private void exec(ServerWebSocket socket, ContainerKind kind, Poller poller) throws IOException {
    ExecProcess[] started = new ExecProcess[1];
    ExecProcess process =
        ExecProcess.start(
            kind,
            request.container(),
            request.command(),
            request.tty(),
            request.stdin(),
            poller,
            new ExecProcess.Output() {
              @Override
              public void output(boolean error, byte[] bytes) {
                forward(error, bytes);
                ExecProcess p = started[0];
                if (p != null) {
                  channels.whenFull(p::pause, p::resume);
                }
              }

              @Override
              public void exited(int code) {
                channels.send(Channels.ERROR, StreamStatus.exited(code));
                channels.close();
              }
            });
    started[0] = process;
    input = process.input();
    resize = process::resize;
    input.ifPresent(i -> i.onDrain(() -> channels.read(true)));
    socket.closeHandler(v -> {
      // A command whose client has gone sees the end of its input, as a terminal hangs up.
      input.ifPresent(FdWriter::end);
      if (request.tty()) {
        process.kill();
      }
    });
  }

  private void attach(ServerWebSocket socket, Poller poller) {
    Container container = request.container();
    OutputHub.Listener listener =
        new OutputHub.Listener() {
          @Override
          public void output(boolean error, byte[] bytes) {
            forward(error, bytes);
          }

          @Override
          public void ended() {
            channels.send(Channels.ERROR, StreamStatus.exited(0));
            channels.close();
          }
        };
    container.output().add(listener);
    if (request.stdin() && container.inputFd() >= 0) {
      boolean once = container.config().getStdinOnce() && !container.config().getTty();
      FdWriter writer =
          new FdWriter(
              poller,
              container.inputFd(),
              () -> {
                if (once) {
                  container.closeInput();
                } else {
                  // The container goes on and reads what others send; this client has no more to
                  // say,
                  // and waits for the output's end, as containerd has it too.
                  container.output().remove(listener);
                  listener.ended();
                }
              });
      writer.onDrain(() -> channels.read(true));
      input = Optional.of(writer);
    }
    resize = container::resize;
    socket.closeHandler(v -> {
      container.output().remove(listener);
      input.ifPresent(FdWriter::end);
    });
  }

  private void forward(boolean error, byte[] bytes) {
    if (error ? request.stderr() : request.stdout()) {
      channels.send(error ? Channels.STDERR : Channels.STDOUT, bytes);
    }
  }

  private void message(Buffer message) {
    if (message.length() == 0) {
      return;
    }
    int channel = message.getByte(0) & 0xff;
    byte[] body = message.getBytes(1, message.length());
    switch (channel) {
      case Channels.STDIN ->
          input.ifPresent(writer -> {
            writer.write(body);
            if (writer.isFull()) {
              channels.read(false);
            }
          });
      case Channels.RESIZE -> resized(body);
      case Channels.CLOSE -> {
        if (Arrays.equals(body, new byte[] {Channels.STDIN})) {
          input.ifPresent(FdWriter::end);
        }
      }
      default -> {
        // A channel that only we write to.
      }
    }
  }

  private void resized(byte[] body) {
    TerminalSize.of(body).ifPresent(size -> resize.resize(size.width(), size.height()));
  }
}
