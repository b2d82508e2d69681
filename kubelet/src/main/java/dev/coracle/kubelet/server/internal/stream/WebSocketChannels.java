package dev.coracle.kubelet.server.internal.stream;

import dev.coracle.kubelet.server.internal.link.WebSocket;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Channels over WebSocket messages: the first byte of a message is the channel, the rest its bytes.
 * All channels share the socket, so a pause of one pauses all. Serves both roles; only a v5 client
 * can end a channel on its own.
 */
public final class WebSocketChannels implements ChannelLink {
  /** A base64 message is collected whole before it is decoded; longer ones break the session. */
  private static final int MAX_BASE64 = 1 << 20;

  private final WebSocket socket;
  private final RemoteCommandProtocol protocol;
  private final boolean client;
  private final Set<Integer> paused = new HashSet<>();
  private final Set<Integer> ended = new HashSet<>();
  private Buffer base64 = Buffer.buffer();
  private int channel = -1;

  /** Told that it is closed, because of what the far side sent; nothing more of it counts. */
  private boolean broken;

  /**
   * @param client whether we opened the socket
   */
  public WebSocketChannels(WebSocket socket, RemoteCommandProtocol protocol, boolean client) {
    this.socket = socket;
    this.protocol = protocol;
    this.client = client;
  }

  @Override
  public void start(Listener listener) {
    socket.start(
        new WebSocket.Listener() {
          @Override
          public void data(Buffer bytes, boolean first, boolean last) {
            received(bytes, first, last, listener);
          }

          @Override
          public void closed(@Nullable Throwable cause) {
            if (!broken) {
              listener.closed(cause);
            }
          }

          @Override
          public void gone() {
            listener.gone();
          }

          @Override
          public void drained() {
            listener.drained();
          }
        });
  }

  private void received(Buffer bytes, boolean first, boolean last, Listener listener) {
    if (broken) {
      return;
    }
    if (protocol.base64()) {
      base64 = first ? bytes : base64.appendBuffer(bytes);
      if (base64.length() > MAX_BASE64) {
        broken = true;
        base64 = Buffer.buffer();
        close();
        listener.closed(new IllegalStateException("message is too long"));
      } else if (last && base64.length() > 0) {
        deliver(base64.getByte(0) - '0', decode(base64), listener);
      }
      return;
    }
    Buffer rest = bytes;
    if (first) {
      if (bytes.length() == 0) {
        return;
      }
      channel = bytes.getUnsignedByte(0);
      rest = bytes.getBuffer(1, bytes.length());
    }
    if (rest.length() > 0) {
      deliver(channel, rest, listener);
    }
  }

  private void deliver(int number, Buffer bytes, Listener listener) {
    if (number != Channels.CLOSE_SIGNAL) {
      if (bytes.length() > 0) {
        listener.data(number, bytes);
      }
    } else if (protocol.closeSignal() && bytes.length() > 0) {
      int which = bytes.getUnsignedByte(0);
      if (ended.add(which)) {
        listener.ended(which);
      }
    }
  }

  private static Buffer decode(Buffer message) {
    try {
      String text = message.getString(1, message.length(), StandardCharsets.US_ASCII.name());
      return Buffer.buffer(Base64.getMimeDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      return Buffer.buffer();
    }
  }

  /** An empty message, which tells clients that wait for one that the conversation has begun. */
  public void greet(int number) {
    write(number, Buffer.buffer());
  }

  @Override
  public void send(int number, Buffer bytes) {
    if (bytes.length() > 0) {
      write(number, bytes);
    }
  }

  private void write(int number, Buffer bytes) {
    if (protocol.base64()) {
      socket.sendText((char) ('0' + number) + Base64.getEncoder().encodeToString(bytes.getBytes()));
    } else {
      socket.sendBinary(
          Buffer.buffer(bytes.length() + 1).appendByte((byte) number).appendBuffer(bytes));
    }
  }

  @Override
  public void end(int number) {
    if (client && protocol.closeSignal()) {
      socket.sendBinary(
          Buffer.buffer().appendByte((byte) Channels.CLOSE_SIGNAL).appendByte((byte) number));
    }
  }

  @Override
  public boolean writeQueueFull(int number) {
    return socket.writeQueueFull();
  }

  @Override
  public void pause(int number) {
    if (paused.add(number) && paused.size() == 1) {
      socket.pause();
    }
  }

  @Override
  public void resume(int number) {
    if (paused.remove(number) && paused.isEmpty()) {
      socket.resume();
    }
  }

  @Override
  public void close() {
    socket.close(1000, "");
  }
}
