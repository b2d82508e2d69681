package dev.coracle.apiserver.internal.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.streams.WriteStream;
import org.jspecify.annotations.Nullable;

/** Writes each buffer as one text message, with the back-pressure of its WebSocket. */
final class TextMessages implements WriteStream<Buffer> {

  private final ServerWebSocket socket;

  TextMessages(ServerWebSocket socket) {
    this.socket = socket;
  }

  @Override
  public Future<Void> write(Buffer data) {
    return socket.writeTextMessage(data.toString());
  }

  @Override
  public Future<Void> end() {
    return socket.close();
  }

  @Override
  public WriteStream<Buffer> setWriteQueueMaxSize(int maxSize) {
    socket.setWriteQueueMaxSize(maxSize);
    return this;
  }

  @Override
  public boolean writeQueueFull() {
    return socket.writeQueueFull();
  }

  @Override
  public WriteStream<Buffer> drainHandler(@Nullable Handler<Void> handler) {
    socket.drainHandler(handler);
    return this;
  }

  @Override
  public WriteStream<Buffer> exceptionHandler(@Nullable Handler<Throwable> handler) {
    socket.exceptionHandler(handler);
    return this;
  }
}
