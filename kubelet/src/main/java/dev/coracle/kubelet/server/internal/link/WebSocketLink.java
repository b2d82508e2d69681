package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.buffer.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A byte stream inside binary WebSocket messages, whose borders mean nothing: how kubectl tunnels
 * SPDY.
 */
public final class WebSocketLink implements ByteLink {
  private final WebSocket socket;

  public WebSocketLink(WebSocket socket) {
    this.socket = socket;
  }

  @Override
  public void start(Receiver receiver) {
    socket.start(
        new WebSocket.Listener() {
          @Override
          public void data(Buffer bytes, boolean first, boolean last) {
            if (bytes.length() > 0) {
              receiver.bytes(bytes);
            }
          }

          @Override
          public void closed(@Nullable Throwable cause) {
            receiver.closed(cause);
          }

          @Override
          public void gone() {
            receiver.gone();
          }

          @Override
          public void drained() {
            receiver.drained();
          }
        });
  }

  @Override
  public void write(Buffer bytes) {
    socket.sendBinary(bytes);
  }

  @Override
  public boolean writeQueueFull() {
    return socket.writeQueueFull();
  }

  @Override
  public void pause() {
    socket.pause();
  }

  @Override
  public void resume() {
    socket.resume();
  }

  @Override
  public void close() {
    socket.close(1000, "");
  }

  @Override
  public void closeNow() {
    socket.closeNow();
  }
}
