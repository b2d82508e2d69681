package dev.coracle.criruntime.internal.streaming;

import dev.coracle.criruntime.internal.container.ContainerKind;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.pod.Sandbox;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;

/**
 * Where the URLs of Exec, Attach and PortForward lead: WebSockets on a loopback port of the
 * kernel's choice. A URL holds a random token, serves once, and only for a minute.
 */
public final class StreamingServer {
  private static final int MAX_WAITING = 1000;
  private static final long TOKEN_MILLIS = 60_000;
  private static final SecureRandom RANDOM = new SecureRandom();

  private sealed interface Waiting {
    record Command(RemoteCommand.Request request) implements Waiting {}

    record Forward(Sandbox sandbox, List<Integer> ports) implements Waiting {
      public Forward {
        ports = List.copyOf(ports);
      }
    }
  }

  private final Vertx vertx;
  private final ContainerKind kind;
  private final Poller poller;
  private final Executor executor;
  private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();
  private volatile int port;
  private volatile Optional<HttpServer> server = Optional.empty();

  public StreamingServer(Vertx vertx, ContainerKind kind, Poller poller, Executor executor) {
    this.vertx = vertx;
    this.kind = kind;
    this.poller = poller;
    this.executor = executor;
  }

  public Future<Void> start() {
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost("127.0.0.1")
            .setPort(0)
            .setMaxWebSocketFrameSize(1 << 20)
            .setMaxWebSocketMessageSize(1 << 20)
            .addWebSocketSubProtocol("v5.channel.k8s.io")
            .addWebSocketSubProtocol("v4.channel.k8s.io")
            .addWebSocketSubProtocol("portforward.k8s.io");
    HttpServer created = vertx.createHttpServer(options);
    created.webSocketHandshakeHandler(handshake -> {
      if (waiting.containsKey(token(handshake.path()))) {
        handshake.accept();
      } else {
        handshake.reject(404);
      }
    });
    created.webSocketHandler(this::serve);
    created.requestHandler(
        request -> request.response().setStatusCode(400).end("WebSocket expected\n"));
    return created
        .listen()
        .map(listening -> {
          server = Optional.of(listening);
          port = listening.actualPort();
          return null;
        });
  }

  private static String token(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private void serve(ServerWebSocket socket) {
    Waiting what = waiting.remove(token(socket.path()));
    Channels channels = new Channels(socket, vertx.getOrCreateContext());
    switch (what) {
      case null -> socket.close();
      case Waiting.Command c ->
          RemoteCommand.serve(c.request(), socket, channels, kind, poller, executor);
      case Waiting.Forward f -> {
        List<Integer> ports = f.ports().isEmpty() ? queryPorts(socket.query()) : f.ports();
        PortForward.serve(f.sandbox(), ports, socket, channels, executor);
      }
    }
  }

  private static List<Integer> queryPorts(@org.jspecify.annotations.Nullable String query) {
    return Stream.of(query == null ? new String[0] : query.split("&"))
        .filter(p -> p.matches("ports?=[0-9,]+"))
        .flatMap(p -> Stream.of(p.substring(p.indexOf('=') + 1).split(",")))
        .map(Integer::parseInt)
        .toList();
  }

  /** A URL for an exec; an empty command attaches. */
  public String command(
      String kindOfUrl,
      dev.coracle.criruntime.internal.container.Container container,
      List<String> command,
      boolean stdin,
      boolean stdout,
      boolean stderr,
      boolean tty) {
    if (tty && stderr) {
      throw new IllegalArgumentException("tty and stderr cannot both be true");
    }
    if (!stdin && !stdout && !stderr) {
      throw new IllegalArgumentException("one of stdin, stdout, or stderr must be set");
    }
    return url(
        kindOfUrl,
        new Waiting.Command(
            new RemoteCommand.Request(container, command, stdin, stdout, stderr, tty)));
  }

  public String forward(Sandbox sandbox, List<Integer> ports) {
    return url("portforward", new Waiting.Forward(sandbox, ports));
  }

  private String url(String path, Waiting what) {
    if (waiting.size() >= MAX_WAITING) {
      throw new IllegalStateException("too many streaming requests wait to be connected");
    }
    byte[] bytes = new byte[16];
    RANDOM.nextBytes(bytes);
    String token = HexFormat.of().formatHex(bytes);
    waiting.put(token, what);
    vertx.setTimer(TOKEN_MILLIS, t -> waiting.remove(token));
    return "http://127.0.0.1:" + port + "/" + path + "/" + token;
  }

  public Future<Void> stop() {
    return server.map(HttpServer::close).orElseGet(Future::succeededFuture);
  }
}
