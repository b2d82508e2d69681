package dev.coracle.dashboard.fake;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;

/**
 * The exec subresource over {@code v5.channel.k8s.io}: a shell that says each line back, and ends
 * on "exit".
 */
final class FakeExec {
  private static final int STDIN = 0;
  private static final byte STDOUT = 1;
  private static final byte ERROR = 3;

  private FakeExec() {}

  static void serve(ServerWebSocket socket) {
    send(socket, STDOUT, "\033[1mwelcome\033[0m " + socket.query() + "\n");
    socket.binaryMessageHandler(frame -> {
      String line = frame.getString(1, frame.length(), "UTF-8").strip();
      if (frame.getByte(0) != STDIN) {
        return;
      }
      if (line.equals("exit")) {
        send(socket, ERROR, "{\"kind\":\"Status\",\"status\":\"Success\"}");
        socket.close();
      } else {
        send(socket, STDOUT, "you said " + line + "\n");
      }
    });
  }

  private static void send(ServerWebSocket socket, byte channel, String text) {
    socket.writeBinaryMessage(
        Buffer.buffer().appendByte(channel).appendBytes(text.getBytes(StandardCharsets.UTF_8)));
  }
}
