package dev.coracle.kubelet.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixServerTest {
  private final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));

  @TempDir private Path directory;

  @AfterEach
  void close() throws Exception {
    await(vertx.close());
  }

  private static void await(Future<Void> future) throws Exception {
    future.toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  /** The transport removes the file of a socket that it closes, whosever it is by then. */
  @Test
  void theNextServerKeepsItsSocket() throws Exception {
    assumeThat(vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    Path socket = directory.resolve("kubelet.sock");
    for (int i = 0; i < 50; i++) {
      UnixServer server = new UnixServer(vertx, socket, Runnable::run);
      server.start();
      await(server.close());
      assertThat(socket).doesNotExist();
    }
    UnixServer last = new UnixServer(vertx, socket, Runnable::run);
    last.start();
    assertThat(Files.exists(socket)).isTrue();
    await(last.close());
  }
}
