package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.internal.logs.LogSink;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * Writes log bytes to a chunked response from a virtual thread: each chunk is written on the
 * response's event loop, and the thread waits while the socket's queue is full. So one chunk and
 * one socket queue is all that a slow client can hold.
 */
final class ResponseSink implements LogSink {
  private final Context context;
  private final HttpServerResponse response;
  private final Semaphore writable = new Semaphore(1);
  private volatile boolean closed;

  ResponseSink(Context context, HttpServerResponse response) {
    this.context = context;
    this.response = response;
  }

  /** The client has gone: a waiting writer wakes and fails. */
  void close() {
    closed = true;
    writable.release();
  }

  @Override
  public void write(byte[] bytes) throws IOException, InterruptedException {
    writable.acquire();
    if (closed) {
      writable.release();
      throw new IOException("the client has gone");
    }
    context.runOnContext(v -> send(Buffer.buffer(bytes)));
  }

  private void send(Buffer buffer) {
    if (closed || response.closed() || response.ended()) {
      writable.release();
      return;
    }
    response.write(buffer);
    if (response.writeQueueFull()) {
      response.drainHandler(v -> {
        response.drainHandler(null);
        writable.release();
      });
    } else {
      writable.release();
    }
  }
}
