package dev.coracle.apiserver.internal.stream;

import dev.coracle.apiserver.internal.http.Exchange;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A body that comes bit by bit, such as a log that is followed, as messages of a WebSocket (RFC
 * 6455): for browsers, which cannot read it otherwise. The protocol {@code base64.binary.k8s.io}
 * makes texts of it, {@code binary.k8s.io} and none at all leave the bytes as they are.
 */
final class WebSocketBody {

  private static final String BASE64 = "base64.binary.k8s.io";
  private static final List<String> PROTOCOLS = List.of("binary.k8s.io", BASE64);
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int TEXT = 0x81;
  private static final int BINARY = 0x82;
  private static final Buffer NORMAL_CLOSURE =
      Buffer.buffer(new byte[] {(byte) 0x88, 2, 3, (byte) 0xE8});

  private final String protocol;

  private WebSocketBody(String protocol) {
    this.protocol = protocol;
  }

  static boolean isAskedFor(Exchange exchange) {
    return exchange.header("Upgrade").equalsIgnoreCase("websocket")
        && !exchange.header("Sec-WebSocket-Key").isEmpty();
  }

  /** With the first of the client's protocols that is known. */
  static WebSocketBody of(Exchange exchange) {
    return new WebSocketBody(
        Arrays.stream(exchange.header("Sec-WebSocket-Protocol").split(","))
            .map(String::strip)
            .filter(PROTOCOLS::contains)
            .findFirst()
            .orElse(""));
  }

  /** The head of the answer that agrees to the upgrade. */
  String head(Exchange exchange) {
    String chosen = protocol.isEmpty() ? "" : "Sec-WebSocket-Protocol: " + protocol + "\r\n";
    return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: "
        + accept(exchange.header("Sec-WebSocket-Key"))
        + "\r\n"
        + chosen
        + "\r\n";
  }

  private static String accept(String key) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-1")
                  .digest((key + GUID).getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Sends the body, no faster than the client takes it; both ends are closed after it. */
  void send(HttpClientResponse body, NetSocket client) {
    body.handler(chunk -> {
      client.write(frame(chunk));
      if (client.writeQueueFull()) {
        body.pause();
        client.drainHandler(_ -> body.resume());
      }
    });
    body.endHandler(_ -> client.write(NORMAL_CLOSURE).onComplete(_ -> client.close()));
    body.exceptionHandler(_ -> client.close());
    client.closeHandler(_ -> body.request().reset());
    // What the client says is of no interest but for the end of the connection.
    client.handler(_ -> {});
    client.resume();
    body.resume();
  }

  private Buffer frame(Buffer chunk) {
    boolean text = protocol.equals(BASE64);
    byte[] bytes = text ? Base64.getEncoder().encode(chunk.getBytes()) : chunk.getBytes();
    Buffer frame = Buffer.buffer(bytes.length + 10).appendByte((byte) (text ? TEXT : BINARY));
    if (bytes.length < 126) {
      frame.appendByte((byte) bytes.length);
    } else if (bytes.length < 1 << 16) {
      frame.appendByte((byte) 126).appendShort((short) bytes.length);
    } else {
      frame.appendByte((byte) 127).appendLong(bytes.length);
    }
    return frame.appendBytes(bytes);
  }
}
