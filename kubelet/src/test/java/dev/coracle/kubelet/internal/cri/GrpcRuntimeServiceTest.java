package dev.coracle.kubelet.internal.cri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coracle.cri.v1.RuntimeServiceGrpcService;
import dev.coracle.kubelet.spi.CriException;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.server.GrpcServer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A runtime that does not do what it is asked. */
class GrpcRuntimeServiceTest {

  /** As CRI-O's do without {@code enable_pod_events}. */
  @Test
  @Timeout(60)
  void tellsOfAStreamOfEventsThatEndsWithoutAFailure(@TempDir Path dir) throws Exception {
    Path socket = dir.resolve("s");
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    try {
      GrpcServer grpc =
          GrpcServer.server(vertx)
              .callHandler(
                  RuntimeServiceGrpcService.GetContainerEvents,
                  call -> call.handler(_ -> call.response().end()));
      vertx
          .createHttpServer()
          .requestHandler(grpc)
          .listen(SocketAddress.domainSocketAddress(socket.toString()))
          .toCompletionStage()
          .toCompletableFuture()
          .get(30, TimeUnit.SECONDS);
      try (GrpcRuntimeService cri =
          new GrpcRuntimeService(vertx, "unix://" + socket, Duration.ofSeconds(30))) {
        CompletableFuture<CriException> ended = new CompletableFuture<>();
        cri.events(_ -> {}, ended::complete);
        assertThat(ended.get(30, TimeUnit.SECONDS).code()).isEqualTo(CriException.Code.OK);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  @Timeout(60) // Of which the default limit would need two minutes.
  void oneThatDoesNotAnswerIsWaitedForAsLongAsAsked(@TempDir Path dir) throws Exception {
    Path socket = dir.resolve("s");
    Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      silent.bind(UnixDomainSocketAddress.of(socket));
      try (GrpcRuntimeService cri =
          new GrpcRuntimeService(vertx, "unix://" + socket, Duration.ofMillis(300))) {
        CriException failure = catchThrowableOfType(CriException.class, cri::version);
        assertThat(failure.code()).isEqualTo(CriException.Code.DEADLINE_EXCEEDED);
      }
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }
}
