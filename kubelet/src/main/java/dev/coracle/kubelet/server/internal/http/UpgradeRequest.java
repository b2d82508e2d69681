package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.internal.link.SocketLink;
import dev.coracle.kubelet.server.internal.link.WebSocket;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http1xServerConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * A request to upgrade its connection: what the client offers, and the 101 that takes the
 * connection over.
 *
 * <p>{@link HttpServerRequest#toNetSocket} refuses every method but GET and CONNECT, and kubectl
 * upgrades to SPDY with POST; so the socket is taken from Vert.x's connection, and the head of the
 * answer is written to it (ADR 0031).
 */
public final class UpgradeRequest {
  /** What the client wants to speak. */
  public enum Kind {
    WEBSOCKET,
    SPDY,
    NONE
  }

  private final HttpServerRequest request;
  private final Kind kind;

  public UpgradeRequest(HttpServerRequest request) {
    this.request = request;
    this.kind = kind(request);
  }

  private static Kind kind(HttpServerRequest request) {
    if (!tokens(request, "Connection").contains("upgrade")
        || !(request.connection() instanceof Http1xServerConnection)) {
      return Kind.NONE;
    }
    List<String> upgrade = tokens(request, "Upgrade");
    if (upgrade.contains("spdy/3.1")) {
      return Kind.SPDY;
    }
    boolean webSocket =
        upgrade.contains("websocket")
            && "13".equals(request.getHeader("Sec-WebSocket-Version"))
            && request.getHeader("Sec-WebSocket-Key") != null;
    return webSocket ? Kind.WEBSOCKET : Kind.NONE;
  }

  public Kind kind() {
    return kind;
  }

  /** Protocols that the client offers inside the upgrade, in its order of preference. */
  public List<String> offered() {
    return switch (kind) {
      case WEBSOCKET -> values(request, "Sec-WebSocket-Protocol");
      case SPDY -> values(request, "X-Stream-Protocol-Version");
      case NONE -> List.of();
    };
  }

  /**
   * Answers 101 with the protocol agreed on ("" for none was offered) and takes the connection
   * over.
   *
   * @return a link that is paused until it is started
   */
  public Future<SocketLink> accept(Vertx vertx, String protocol, Duration idleTimeout) {
    StringBuilder head =
        new StringBuilder("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n");
    if (kind == Kind.SPDY) {
      head.append("Upgrade: SPDY/3.1\r\n");
      if (!protocol.isEmpty()) {
        head.append("X-Stream-Protocol-Version: ").append(protocol).append("\r\n");
      }
    } else {
      head.append("Upgrade: websocket\r\nSec-WebSocket-Accept: ")
          .append(
              WebSocket.accept(
                  Objects.requireNonNullElse(request.getHeader("Sec-WebSocket-Key"), "")))
          .append("\r\n");
      if (!protocol.isEmpty()) {
        head.append("Sec-WebSocket-Protocol: ").append(protocol).append("\r\n");
      }
    }
    Http1xServerConnection connection = (Http1xServerConnection) request.connection();
    ChannelPipeline pipeline = connection.channelHandlerContext().pipeline();
    if (pipeline.get("webSocketExtensionHandler") != null) {
      pipeline.remove("webSocketExtensionHandler");
    }
    return connection
        .netSocket()
        .map(socket -> {
          socket.pause();
          socket.write(head.append("\r\n").toString(), "ISO-8859-1");
          return new SocketLink(vertx, socket, Buffer.buffer(), idleTimeout.toMillis());
        });
  }

  private static List<String> values(HttpServerRequest request, String header) {
    List<String> all = new ArrayList<>();
    for (String line : request.headers().getAll(header)) {
      Arrays.stream(line.split(",")).map(String::strip).filter(s -> !s.isEmpty()).forEach(all::add);
    }
    return all;
  }

  private static List<String> tokens(HttpServerRequest request, String header) {
    return values(request, header).stream().map(s -> s.toLowerCase(Locale.ROOT)).toList();
  }
}
