package dev.coracle.criruntime.streaming;

import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A WebSocket that carries numbered channels, the number being the first byte of every message
 * (Kubernetes {@code v4.channel.k8s.io} and {@code v5.channel.k8s.io}). Sending may be called from
 * any thread.
 */
public final class Channels {
  public static final int STDIN = 0;
  public static final int STDOUT = 1;
  public static final int STDERR = 2;
  public static final int ERROR = 3;
  public static final int RESIZE = 4;

  /** Version 5 only: the second byte names a channel that its sender closes. */
  public static final int CLOSE = 255;

  private final ServerWebSocket socket;
  private final Context context;

  /** Who waits for room; belongs to the context. */
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();

  public Channels(ServerWebSocket socket, Context context) {
    this.socket = socket;
    this.context = context;
  }

  public void send(int channel, byte[] bytes) {
    Buffer message = Buffer.buffer(bytes.length + 1).appendByte((byte) channel).appendBytes(bytes);
    context.runOnContext(v -> {
      if (!socket.isClosed()) {
        socket.writeBinaryMessage(message);
      }
    });
  }

  /** Runs one of the tasks, depending on whether the peer keeps up. */
  public void whenFull(Runnable pause, Runnable resume) {
    context.runOnContext(v -> {
      if (!socket.isClosed() && socket.writeQueueFull()) {
        pause.run();
        socket.drainHandler(d -> resume.run());
      }
    });
  }

  /** Waits until the peer keeps up, or is gone; for threads that may block. */
  public void awaitRoom() throws InterruptedException {
    CompletableFuture<Void> room = new CompletableFuture<>();
    context.runOnContext(v -> {
      if (socket.isClosed() || !socket.writeQueueFull()) {
        room.complete(null);
      } else {
        waiting.add(room);
        socket.drainHandler(d -> letGo());
      }
    });
    try {
      room.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private void letGo() {
    waiting.forEach(room -> room.complete(null));
    waiting.clear();
  }

  /** Runs the task when the connection is closed, by whomever. To be called once. */
  public void onClose(Runnable task) {
    socket.closeHandler(v -> {
      letGo();
      task.run();
    });
  }

  /** Stops or goes on reading from the peer. */
  public void read(boolean on) {
    context.runOnContext(v -> {
      if (on) {
        socket.resume();
      } else {
        socket.pause();
      }
    });
  }

  public void close() {
    context.runOnContext(v -> {
      if (!socket.isClosed()) {
        socket.close();
      }
    });
  }
}
