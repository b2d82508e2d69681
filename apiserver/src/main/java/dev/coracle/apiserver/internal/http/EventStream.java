package dev.coracle.apiserver.internal.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.streams.WriteStream;

/**
 * Where the frames of a watch go: the body of the answer, or messages of a WebSocket where the
 * client asked for an upgrade, as upstream's {@code WatchServer} lets it. Belongs to the request's
 * context.
 */
interface EventStream {

  /**
   * Sends the head; frames are written when this has succeeded.
   *
   * @param gone called when the client has gone, also before that
   */
  Future<WriteStream<Buffer>> begin(Handler<Void> gone);

  /** Ends the stream as its protocol does. */
  void end();

  /** Also lets the request's body flow, unless the upgrade is still to come. */
  static EventStream of(Exchange exchange, String mediaType, boolean binary) {
    boolean upgrade =
        exchange.request().version() == HttpVersion.HTTP_1_1
            && exchange.header("Upgrade").equalsIgnoreCase("websocket");
    if (upgrade) {
      return new Messages(exchange, binary);
    }
    exchange.request().resume();
    return new Body(exchange, mediaType);
  }

  /** One answer that goes on. */
  final class Body implements EventStream {
    private final Exchange exchange;
    private final String mediaType;

    Body(Exchange exchange, String mediaType) {
      this.exchange = exchange;
      this.mediaType = mediaType;
    }

    @Override
    public Future<WriteStream<Buffer>> begin(Handler<Void> gone) {
      HttpServerResponse response = exchange.response();
      response.closeHandler(gone);
      Responder.head(exchange, 200, mediaType);
      response.setChunked(true);
      response.writeHead();
      return Future.succeededFuture(response);
    }

    @Override
    public void end() {
      HttpServerResponse response = exchange.response();
      if (!response.ended() && !response.closed()) {
        response.end();
      }
    }
  }

  /** One message an event: text for JSON, binary for protobuf. */
  final class Messages implements EventStream {
    private final Exchange exchange;
    private final boolean binary;
    private Future<ServerWebSocket> socket = Future.failedFuture("not begun");

    Messages(Exchange exchange, boolean binary) {
      this.exchange = exchange;
      this.binary = binary;
    }

    @Override
    public Future<WriteStream<Buffer>> begin(Handler<Void> gone) {
      exchange.upgrade();
      socket = exchange.request().toWebSocket();
      return socket.map(webSocket -> stream(webSocket, gone));
    }

    private WriteStream<Buffer> stream(ServerWebSocket webSocket, Handler<Void> gone) {
      webSocket.closeHandler(v -> {
        gone.handle(v);
        exchange.ended();
      });
      // Nothing is expected of the client; what it sends is read and dropped, so that its close is
      // seen.
      webSocket.handler(_ -> {});
      return binary ? webSocket : new TextMessages(webSocket);
    }

    @Override
    public void end() {
      socket.onSuccess(ServerWebSocket::close);
    }
  }
}
