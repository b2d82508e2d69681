package dev.coracle.kubelet.server.internal.link;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * WebSocket framing (RFC 6455) over a {@link ByteLink} that has been upgraded already, as server or
 * as client. Messages are handed out in pieces as their bytes arrive, so a peer's frame size costs
 * no memory. Pings are answered; a close frame is answered and ends the link.
 *
 * <p>Own framing, because bytes must flow with one back-pressure through socket, frames and (for
 * port-forward) SPDY inside, and because a close frame must not overtake data that a paused reader
 * has not seen yet (ADR 0031). Belongs to the link's event loop.
 */
public final class WebSocket {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  /** What the peer sends. */
  public interface Listener {
    /**
     * Bytes of a message; {@code first} and {@code last} mark its borders. Not empty unless {@code
     * last}.
     */
    void data(Buffer bytes, boolean first, boolean last);

    /**
     * After the last data: close frame, end of bytes, or a broken protocol (then with a cause).
     * Called once.
     */
    void closed(@Nullable Throwable cause);

    /** At once: nothing written arrives any more. */
    void gone();

    void drained();
  }

  private final ByteLink link;
  private final boolean client;
  private Buffer pending = Buffer.buffer();
  private long left;
  private boolean last;
  private boolean first;
  private final byte[] mask = new byte[4];
  private boolean masked;
  private int maskAt;
  private boolean inMessage;
  private boolean closeSent;
  private boolean closed;

  /**
   * @param client whether we are the client, whose frames are masked
   */
  public WebSocket(ByteLink link, boolean client) {
    this.link = link;
    this.client = client;
  }

  /** The value of Sec-WebSocket-Accept for a key. */
  public static String accept(String key) {
    try {
      byte[] sha1 =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(sha1);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  public void start(Listener l) {
    link.start(
        new ByteLink.Receiver() {
          @Override
          public void bytes(Buffer bytes) {
            feed(bytes, l);
          }

          @Override
          public void closed(@Nullable Throwable cause) {
            finish(l, cause);
          }

          @Override
          public void gone() {
            l.gone();
          }

          @Override
          public void drained() {
            l.drained();
          }
        });
  }

  public void sendBinary(Buffer payload) {
    send(BINARY, payload);
  }

  public void sendText(String payload) {
    send(TEXT, Buffer.buffer(payload));
  }

  public void ping() {
    send(PING, Buffer.buffer());
  }

  public boolean writeQueueFull() {
    return link.writeQueueFull();
  }

  public void pause() {
    link.pause();
  }

  public void resume() {
    link.resume();
  }

  /** Sends a close frame and closes the link. */
  public void close(int code, String reason) {
    if (!closeSent) {
      send(CLOSE, Buffer.buffer().appendShort((short) code).appendString(reason));
      closeSent = true;
    }
    link.close();
  }

  /** Closes the link without a handshake. */
  public void closeNow() {
    closeSent = true;
    link.closeNow();
  }

  private void send(int opcode, Buffer payload) {
    if (closeSent) {
      return;
    }
    int length = payload.length();
    Buffer out = Buffer.buffer(length + 14).appendByte((byte) (0x80 | opcode));
    int flag = client ? 0x80 : 0;
    if (length < 126) {
      out.appendByte((byte) (flag | length));
    } else if (length < 65536) {
      out.appendByte((byte) (flag | 126)).appendShort((short) length);
    } else {
      out.appendByte((byte) (flag | 127)).appendLong(length);
    }
    if (client) {
      byte[] key = new byte[4];
      ThreadLocalRandom.current().nextBytes(key);
      byte[] bytes = payload.getBytes();
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] ^= key[i & 3];
      }
      out.appendBytes(key).appendBytes(bytes);
    } else {
      out.appendBuffer(payload);
    }
    link.write(out);
  }

  private void feed(Buffer bytes, Listener l) {
    Buffer input = pending.length() == 0 ? bytes : pending.appendBuffer(bytes);
    pending = Buffer.buffer();
    int at = 0;
    while (!closed && at < input.length()) {
      if (left > 0) {
        int length = (int) Math.min(left, input.length() - at);
        Buffer piece = unmask(input, at, length);
        at += length;
        left -= length;
        l.data(piece, first, last && left == 0);
        first = false;
        continue;
      }
      int used = frame(input, at, l);
      if (used == 0) {
        break;
      }
      at += used;
    }
    if (at < input.length() && !closed) {
      pending = input.getBuffer(at, input.length());
    }
  }

  /**
   * Reads a frame's head (and a control frame's body); answers the bytes used, 0 when more are
   * needed.
   */
  private int frame(Buffer in, int at, Listener l) {
    int available = in.length() - at;
    if (available < 2) {
      return 0;
    }
    int b0 = in.getUnsignedByte(at);
    int b1 = in.getUnsignedByte(at + 1);
    int opcode = b0 & 15;
    boolean hasMask = (b1 & 0x80) != 0;
    int shortLength = b1 & 0x7f;
    int head = 2 + (shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0);
    int total = head + (hasMask ? 4 : 0);
    boolean control = opcode >= CLOSE;
    if (available < total || (control && available < total + shortLength)) {
      return 0;
    }
    long length =
        switch (shortLength) {
          case 126 -> in.getUnsignedShort(at + 2);
          case 127 -> in.getLong(at + 2);
          default -> shortLength;
        };
    if ((b0 & 0x70) != 0
        || length < 0
        || hasMask == client
        || (control && (shortLength > 125 || b0 < 0x80))) {
      fail(l, "malformed WebSocket frame");
      return total;
    }
    masked = hasMask;
    maskAt = 0;
    if (hasMask) {
      in.getBytes(at + head, at + total, mask);
    }
    if (control) {
      control(opcode, unmask(in, at + total, shortLength), l);
      return total + shortLength;
    }
    data(opcode, (b0 & 0x80) != 0, length, l);
    return total;
  }

  private void data(int opcode, boolean fin, long length, Listener l) {
    if (opcode > BINARY || (opcode == CONTINUATION) != inMessage) {
      fail(l, "unexpected WebSocket frame");
      return;
    }
    if (opcode != CONTINUATION) {
      first = true;
    }
    inMessage = !fin;
    last = fin;
    left = length;
    if (length == 0 && fin) {
      l.data(Buffer.buffer(), first, true);
      first = false;
    }
  }

  private void control(int opcode, Buffer body, Listener l) {
    switch (opcode) {
      case PING -> send(PONG, body);
      case PONG -> {
        // an answer to our ping: the bytes themselves were the sign of life
      }
      case CLOSE -> {
        if (!closeSent) {
          send(CLOSE, body.length() >= 2 ? body.getBuffer(0, 2) : Buffer.buffer());
          closeSent = true;
        }
        // Both sides have said their last, so nothing can be lost; clients wait for the server to
        // close.
        finish(l, null);
        link.closeNow();
      }
      default -> fail(l, "unknown WebSocket control frame");
    }
  }

  private void fail(Listener l, String message) {
    if (!closeSent) {
      send(CLOSE, Buffer.buffer().appendShort((short) 1002).appendString(message));
      closeSent = true;
    }
    finish(l, new IllegalStateException(message));
    link.close();
  }

  private void finish(Listener l, @Nullable Throwable cause) {
    if (!closed) {
      closed = true;
      l.closed(cause);
    }
  }

  private Buffer unmask(Buffer in, int at, int length) {
    byte[] bytes = in.getBytes(at, at + length);
    if (masked) {
      for (int i = 0; i < length; i++) {
        bytes[i] ^= mask[maskAt++ & 3];
      }
    }
    return Buffer.buffer(bytes);
  }
}
