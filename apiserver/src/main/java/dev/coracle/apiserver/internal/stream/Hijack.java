package dev.coracle.apiserver.internal.stream;

import dev.coracle.apiserver.internal.http.Exchange;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.vertx.core.Future;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.net.NetSocket;

/** Takes the socket from under a request that asks for an upgrade. */
final class Hijack {

  private Hijack() {}

  /**
   * Answers an upgrade with this head and hands out the socket, paused. {@code toNetSocket} would
   * do, but refuses POST, by which kubectl asks for SPDY.
   */
  static Future<NetSocket> socket(Exchange exchange, String head) {
    exchange.upgrade();
    var connection = (Http1xServerConnection) exchange.request().connection();
    // The response, which would tell of its end, has no part in it any more.
    connection.channelHandlerContext().channel().closeFuture().addListener(_ -> exchange.ended());
    var pipeline = connection.channelHandlerContext().pipeline();
    var extension = pipeline.get(WebSocketServerExtensionHandler.class);
    if (extension != null) {
      pipeline.remove(extension);
    }
    return connection
        .netSocket()
        .map(socket -> {
          socket.pause();
          socket.write(head, "ISO-8859-1");
          return socket;
        });
  }
}
