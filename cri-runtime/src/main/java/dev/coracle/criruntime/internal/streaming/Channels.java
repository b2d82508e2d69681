package dev.coracle.criruntime.internal.streaming;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;

/**
 * A WebSocket that carries numbered channels, the number being the first byte of every message
 * (Kubernetes {@code v4.channel.k8s.io} and {@code v5.channel.k8s.io}). Sending may be called from
 * any thread.
 */
final class Channels {
  static final int STDIN = 0;
  static final int STDOUT = 1;
  static final int STDERR = 2;
  static final int ERROR = 3;
  static final int RESIZE = 4;

  /** Version 5 only: the second byte names a channel that its sender closes. */
  static final int CLOSE = 255;

  private final ServerWebSocket socket;
  private final Context context;

  Channels(ServerWebSocket socket, Context context) {
    this.socket = socket;
    this.context = context;
  }

  void send(int channel, byte[] bytes) {
    Buffer message = Buffer.buffer(bytes.length + 1).appendByte((byte) channel).appendBytes(bytes);
    context.runOnContext(v -> {
      if (!socket.isClosed()) {
        socket.writeBinaryMessage(message);
      }
    });
  }

  /** Runs one of the tasks, depending on whether the peer keeps up. */
  void whenFull(Runnable pause, Runnable resume) {
    context.runOnContext(v -> {
      if (!socket.isClosed() && socket.writeQueueFull()) {
        pause.run();
        socket.drainHandler(d -> resume.run());
      }
    });
  }

  /** Stops or goes on reading from the peer. */
  void read(boolean on) {
    context.runOnContext(v -> {
      if (on) {
        socket.resume();
      } else {
        socket.pause();
      }
    });
  }

  void close() {
    context.runOnContext(v -> {
      if (!socket.isClosed()) {
        socket.close();
      }
    });
  }
}
