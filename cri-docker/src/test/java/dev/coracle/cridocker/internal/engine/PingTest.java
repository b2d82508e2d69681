package dev.coracle.cridocker.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PingTest {
  @TempDir Path directory;

  /** What a server is taken for that answers the first question so, and hangs up. */
  private boolean isDocker(String answer) throws Exception {
    Path socket = directory.resolve("s");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      CompletableFuture<Void> served =
          CompletableFuture.runAsync(() -> {
            try (SocketChannel client = server.accept()) {
              client.read(ByteBuffer.allocate(1024));
              client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException e) {
              throw new IllegalStateException(e);
            }
          });
      boolean docker = Ping.answers(socket);
      served.get();
      return docker;
    }
  }

  @Test
  void dockerSaysItsVersion() throws Exception {
    assertThat(isDocker("HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK"))
        .isTrue();
  }

  @Test
  void anotherHttpServerDoesNot() throws Exception {
    assertThat(isDocker("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")).isFalse();
  }

  @Test
  void aServerOfGrpcHangsUp() throws Exception {
    assertThat(isDocker("\0\0\0\4\0\0\0\0\0")).isFalse();
  }

  @Test
  void nobodyAnswers() {
    assertThat(Ping.answers(directory.resolve("nothing"))).isFalse();
  }
}
