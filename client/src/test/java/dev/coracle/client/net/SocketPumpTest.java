package dev.coracle.client.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sender that closes at once and a reader that is slower than it. */
class SocketPumpTest {
  private static final int SIZE = 12 << 20;

  @Test
  @Timeout(60)
  void theTailArrivesWhenTheReaderIsSlowerThanTheSender() throws Exception {
    Vertx vertx = Vertx.vertx();
    try (ServerSocket source = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> serve(source));
      NetClient client = vertx.createNetClient();
      NetServer front =
          vertx
              .createNetServer()
              .connectHandler(one -> {
                one.pause();
                client
                    .connect(source.getLocalPort(), "127.0.0.1")
                    .onSuccess(other -> SocketPump.join(vertx, one, other.pause()));
              })
              .listen(0, "127.0.0.1")
              .toCompletionStage()
              .toCompletableFuture()
              .get();
      for (int i = 0; i < 8; i++) {
        try (Socket reader = new Socket()) {
          reader.setReceiveBufferSize(4096);
          reader.connect(new InetSocketAddress("127.0.0.1", front.actualPort()));
          assertThat(count(reader.getInputStream())).isEqualTo(SIZE);
        }
      }
      client.close();
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  private static void serve(ServerSocket source) {
    try {
      while (true) {
        try (Socket socket = source.accept();
            OutputStream out = socket.getOutputStream()) {
          out.write(new byte[SIZE]);
        }
      }
    } catch (IOException e) {
      // the test is over
    }
  }

  private static long count(InputStream in) throws Exception {
    byte[] block = new byte[16 * 1024];
    long total = 0;
    for (int n = in.read(block); n >= 0; n = in.read(block)) {
      total += n;
    }
    return total;
  }
}
