package dev.coracle.criruntime;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketConnectOptions;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** A test's end of a streaming URL: collects what each channel says. */
final class WebSocketSession implements AutoCloseable {
  private final WebSocketClient client;
  private final WebSocket socket;
  private final Map<Integer, ByteArrayOutputStream> channels = new ConcurrentHashMap<>();
  final CompletableFuture<Void> closed = new CompletableFuture<>();

  WebSocketSession(Vertx vertx, String url, String protocol) {
    URI uri = URI.create(url);
    client = vertx.createWebSocketClient();
    socket =
        CriClient.get(
            client
                .connect(
                    new WebSocketConnectOptions()
                        .setHost(uri.getHost())
                        .setPort(uri.getPort())
                        .setURI(
                            uri.getRawPath()
                                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()))
                        .setSubProtocols(List.of(protocol)))
                .map(s -> {
                  s.binaryMessageHandler(this::received);
                  s.closeHandler(v -> closed.complete(null));
                  return s;
                }));
  }

  private void received(Buffer message) {
    ByteArrayOutputStream out =
        channels.computeIfAbsent((int) message.getByte(0), c -> new ByteArrayOutputStream());
    synchronized (out) {
      out.writeBytes(message.getBytes(1, message.length()));
    }
  }

  void send(int channel, String text) {
    send(channel, text.getBytes(StandardCharsets.UTF_8));
  }

  void send(int channel, byte[] bytes) {
    CriClient.get(
        socket.writeBinaryMessage(Buffer.buffer().appendByte((byte) channel).appendBytes(bytes)));
  }

  byte[] bytes(int channel) {
    ByteArrayOutputStream out = channels.get(channel);
    if (out == null) {
      return new byte[0];
    }
    synchronized (out) {
      return out.toByteArray();
    }
  }

  String text(int channel) {
    return new String(bytes(channel), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    CriClient.get(client.close());
  }
}
