package dev.coracle.criruntime.streaming;

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

  /** What happens on a connection once it stands; called on its event loop. */
  @FunctionalInterface
  public interface Session {
    void serve(ServerWebSocket socket, Channels channels);
  }

  private final Vertx vertx;
  private final Executor executor;
  private final Map<String, Session> waiting = new ConcurrentHashMap<>();
  private volatile int port;
  private volatile Optional<HttpServer> server = Optional.empty();

  public StreamingServer(Vertx vertx, Executor executor) {
    this.vertx = vertx;
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
    Session session = waiting.remove(token(socket.path()));
    if (session == null) {
      socket.close();
    } else {
      session.serve(socket, new Channels(socket, vertx.getOrCreateContext()));
    }
  }

  private static List<Integer> queryPorts(@org.jspecify.annotations.Nullable String query) {
    return Stream.of(query == null ? new String[0] : query.split("&"))
        .filter(p -> p.matches("ports?=[0-9,]+"))
        .flatMap(p -> Stream.of(p.substring(p.indexOf('=') + 1).split(",")))
        .map(Integer::parseInt)
        .toList();
  }

  /**
   * A URL for exec or attach.
   *
   * @param path the URL's first part
   */
  public String command(
      String path, boolean stdin, boolean stdout, boolean stderr, boolean tty, Session session) {
    if (tty && stderr) {
      throw new IllegalArgumentException("tty and stderr cannot both be true");
    }
    if (!stdin && !stdout && !stderr) {
      throw new IllegalArgumentException("one of stdin, stdout, or stderr must be set");
    }
    return url(path, session);
  }

  /**
   * A URL for a port-forward.
   *
   * @param ports empty where the URL's query will name them
   */
  public String forward(ForwardTarget target, List<Integer> ports) {
    List<Integer> asked = List.copyOf(ports);
    return url(
        "portforward",
        (socket, channels) ->
            PortForward.serve(
                target,
                asked.isEmpty() ? queryPorts(socket.query()) : asked,
                socket,
                channels,
                executor));
  }

  private String url(String path, Session what) {
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
