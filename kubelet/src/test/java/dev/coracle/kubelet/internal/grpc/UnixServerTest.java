package dev.coracle.kubelet.internal.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
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

  /** As a device plugin does that waits for the kubelet's socket. */
  @Test
  void whoSeesTheSocketIsLetIn() throws Exception {
    assumeThat(vertx.isNativeTransportEnabled()).as("UNIX sockets need epoll").isTrue();
    Path socket = directory.resolve("kubelet.sock");
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(socket);
    for (int i = 0; i < 100; i++) {
      UnixServer server = new UnixServer(vertx, socket, Runnable::run);
      CompletableFuture<Void> started =
          CompletableFuture.runAsync(() -> {
            try {
              server.start();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      while (!Files.exists(socket) && !started.isDone()) {
        Thread.onSpinWait();
      }
      SocketChannel.open(address).close();
      started.get(10, TimeUnit.SECONDS);
      await(server.close());
    }
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
