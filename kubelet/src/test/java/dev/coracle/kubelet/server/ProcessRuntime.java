package dev.coracle.kubelet.server;

import dev.coracle.kubelet.server.internal.http.UpgradeRequest;
import dev.coracle.kubelet.server.internal.link.ByteLink;
import dev.coracle.kubelet.server.internal.link.SocketLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import dev.coracle.kubelet.server.internal.stream.ChannelLink;
import dev.coracle.kubelet.server.internal.stream.Channels;
import dev.coracle.kubelet.server.internal.stream.ClientCommandLinks;
import dev.coracle.kubelet.server.internal.stream.PortDialer;
import dev.coracle.kubelet.server.internal.stream.PortForwards;
import dev.coracle.kubelet.server.internal.stream.RemoteCommandOptions;
import dev.coracle.kubelet.server.internal.stream.RemoteCommandProtocol;
import dev.coracle.kubelet.server.internal.stream.StatusJson;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A container runtime whose containers are this machine: exec starts a process (with a terminal by
 * {@code script}), port-forward connects to localhost. Its streaming server speaks the dialects it
 * is told to.
 */
final class ProcessRuntime implements StreamingRuntime, AutoCloseable {
  private final Vertx vertx;
  private final HttpServer server;
  private final NetClient tcp;
  private final Set<String> dialects;
  private final Map<String, Object> tokens = new ConcurrentHashMap<>();
  private final AtomicInteger next = new AtomicInteger();
  final List<String> served = new CopyOnWriteArrayList<>();
  final List<String> resizes = new CopyOnWriteArrayList<>();
  final Set<Process> processes = ConcurrentHashMap.newKeySet();

  /**
   * @param dialects of ws-v5, ws-v4, spdy
   */
  ProcessRuntime(Vertx vertx, Set<String> dialects) throws Exception {
    this.vertx = vertx;
    this.dialects = dialects;
    this.tcp = vertx.createNetClient();
    this.server =
        vertx
            .createHttpServer()
            .requestHandler(this::serve)
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
  }

  @Override
  public Uni<URI> exec(ExecRequest request) {
    return url(request);
  }

  @Override
  public Uni<URI> attach(AttachRequest request) {
    // The container's process, as far as these tests care.
    return url(
        new ExecRequest(
            request.containerId(),
            List.of("cat"),
            request.tty(),
            request.stdin(),
            request.stdout(),
            request.stderr()));
  }

  @Override
  public Uni<URI> portForward(PortForwardRequest request) {
    return url(request);
  }

  @Override
  public Uni<ExecOutput> execSync(String containerId, List<String> command, Duration timeout) {
    return Uni.createFrom()
        .item(() -> {
          try {
            Process process = new ProcessBuilder(command).start();
            byte[] out = process.getInputStream().readAllBytes();
            byte[] err = process.getErrorStream().readAllBytes();
            return new ExecOutput(out, err, process.waitFor());
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private Uni<URI> url(Object request) {
    String token = "t" + next.incrementAndGet();
    tokens.put(token, request);
    return Uni.createFrom()
        .item(URI.create("http://127.0.0.1:" + server.actualPort() + "/stream/" + token));
  }

  private void serve(HttpServerRequest http) {
    Object request = tokens.remove(http.path().substring("/stream/".length()));
    UpgradeRequest upgrade = new UpgradeRequest(http);
    String dialect = dialect(upgrade);
    if (request == null || !dialects.contains(dialect)) {
      http.response().setStatusCode(request == null ? 404 : 403).end("no");
      return;
    }
    served.add(dialect);
    upgrade
        .accept(vertx, upgrade.offered().getFirst(), Duration.ofMinutes(1))
        .onSuccess(socket -> {
          if (request instanceof ExecRequest exec) {
            command(upgrade, socket, exec);
          } else {
            forward(upgrade, socket, (PortForwardRequest) request);
          }
        });
  }

  private static String dialect(UpgradeRequest upgrade) {
    return switch (upgrade.kind()) {
      case SPDY -> "spdy";
      case WEBSOCKET -> upgrade.offered().contains("v5.channel.k8s.io") ? "ws-v5" : "ws-v4";
      case NONE -> "none";
    };
  }

  private void command(UpgradeRequest upgrade, SocketLink socket, ExecRequest exec) {
    RemoteCommandOptions options =
        new RemoteCommandOptions(exec.stdin(), exec.stdout(), exec.stderr(), exec.tty());
    Future<ChannelLink> link;
    if (upgrade.kind() == UpgradeRequest.Kind.SPDY) {
      link =
          ClientCommandLinks.spdy(
              vertx, socket, RemoteCommandProtocol.V4, options, Duration.ofSeconds(5));
    } else {
      RemoteCommandProtocol protocol =
          RemoteCommandProtocol.webSocket(upgrade.offered()).orElseThrow();
      link = Future.succeededFuture(ClientCommandLinks.webSocket(socket, protocol, options));
    }
    link.onSuccess(l -> new Run(l, exec).start());
  }

  private void forward(UpgradeRequest upgrade, SocketLink socket, PortForwardRequest request) {
    PortDialer local =
        new PortDialer() {
          @Override
          public Future<ChannelLink> dial(int port) {
            return tcp.connect(port, "127.0.0.1").map(s -> new TcpLink(vertx, s));
          }

          @Override
          public String describe(int port, Throwable cause) {
            return "failed to connect to localhost:"
                + port
                + " inside namespace: "
                + cause.getMessage();
          }
        };
    if (upgrade.kind() == UpgradeRequest.Kind.SPDY) {
      PortForwards.spdy(vertx, socket, local, Duration.ofSeconds(5), () -> {});
    } else {
      PortForwards.webSocket(
          new WebSocket(socket, false), RemoteCommandProtocol.V4, request.ports(), local, () -> {});
    }
  }

  @Override
  public void close() {
    processes.forEach(Process::destroyForcibly);
    server.close().toCompletionStage().toCompletableFuture().join();
  }

  /** One process joined to a link. */
  private final class Run implements ChannelLink.Listener {
    private final ChannelLink link;
    private final ExecRequest exec;
    private final Context context = vertx.getOrCreateContext();
    private final LinkedBlockingQueue<Optional<Buffer>> stdin = new LinkedBlockingQueue<>();
    private final List<Semaphore> waiting = new ArrayList<>();
    private @Nullable Process process;

    Run(ChannelLink link, ExecRequest exec) {
      this.link = link;
      this.exec = exec;
    }

    void start() {
      List<String> command = exec.command();
      if (exec.tty()) {
        command = List.of("script", "-qefc", String.join(" ", exec.command()), "/dev/null");
      }
      try {
        Process started = new ProcessBuilder(command).start();
        process = started;
        processes.add(started);
        link.start(this);
        List<Thread> pumps = new ArrayList<>();
        pumps.add(Thread.ofVirtual().start(() -> pump(started.getInputStream(), Channels.STDOUT)));
        if (exec.stderr()) {
          pumps.add(
              Thread.ofVirtual().start(() -> pump(started.getErrorStream(), Channels.STDERR)));
        }
        Thread.ofVirtual().start(() -> feed(started));
        Thread.ofVirtual().start(() -> finish(started, pumps));
      } catch (IOException e) {
        link.start(this);
        link.send(Channels.ERROR, StatusJson.internalError("exec failed: " + e.getMessage()));
        link.close();
      }
    }

    private void pump(InputStream in, int channel) {
      byte[] bytes = new byte[8192];
      try {
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
          Buffer chunk = Buffer.buffer().appendBytes(bytes, 0, n);
          Semaphore sent = new Semaphore(0);
          context.runOnContext(v -> {
            link.send(channel, chunk);
            if (link.writeQueueFull(channel)) {
              waiting.add(sent);
            } else {
              sent.release();
            }
          });
          sent.acquire();
        }
        context.runOnContext(v -> link.end(channel));
      } catch (IOException | InterruptedException e) {
        // the process or the client is gone
      }
    }

    private void feed(Process started) {
      try (OutputStream out = started.getOutputStream()) {
        if (!exec.stdin()) {
          return;
        }
        for (Optional<Buffer> next = stdin.take(); next.isPresent(); next = stdin.take()) {
          out.write(next.get().getBytes());
          out.flush();
          context.runOnContext(v -> link.resume(Channels.STDIN));
        }
      } catch (IOException | InterruptedException e) {
        // the process has closed its stdin
      }
    }

    private void finish(Process started, List<Thread> pumps) {
      try {
        for (Thread pump : pumps) {
          pump.join();
        }
        int code = started.waitFor();
        processes.remove(started);
        context.runOnContext(v -> {
          link.send(Channels.ERROR, code == 0 ? StatusJson.success() : StatusJson.exitCode(code));
          link.close();
        });
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void data(int channel, Buffer bytes) {
      if (channel == Channels.STDIN) {
        stdin.add(Optional.of(bytes));
        if (stdin.size() > 4) {
          link.pause(Channels.STDIN);
        }
      } else if (channel == Channels.RESIZE) {
        resizes.add(bytes.toString());
      }
    }

    @Override
    public void ended(int channel) {
      if (channel == Channels.STDIN) {
        stdin.add(Optional.empty());
      }
    }

    @Override
    public void drained() {
      List<Semaphore> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(Semaphore::release);
    }

    @Override
    public void closed(@Nullable Throwable cause) {
      gone();
    }

    @Override
    public void gone() {
      stdin.add(Optional.empty());
      drained();
      Process running = process;
      if (running != null) {
        running.destroyForcibly();
      }
    }
  }

  /** A TCP connection as the two channels of port-forward. */
  private static final class TcpLink implements ChannelLink {
    private final SocketLink socket;

    TcpLink(Vertx vertx, NetSocket socket) {
      this.socket = new SocketLink(vertx, socket.pause(), Buffer.buffer(), 0);
    }

    @Override
    public void start(Listener listener) {
      socket.start(
          new ByteLink.Receiver() {
            @Override
            public void bytes(Buffer bytes) {
              listener.data(Channels.DATA, bytes);
            }

            @Override
            public void closed(@Nullable Throwable cause) {
              listener.closed(cause);
            }

            @Override
            public void drained() {
              listener.drained();
            }
          });
    }

    @Override
    public void send(int channel, Buffer bytes) {
      socket.write(bytes);
    }

    @Override
    public void end(int channel) {
      // TCP half-close is not in Vert.x's API; these tests end by the server's close.
    }

    @Override
    public boolean writeQueueFull(int channel) {
      return socket.writeQueueFull();
    }

    @Override
    public void pause(int channel) {
      socket.pause();
    }

    @Override
    public void resume(int channel) {
      socket.resume();
    }

    @Override
    public void close() {
      socket.closeNow();
    }
  }
}
