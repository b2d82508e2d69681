package dev.coracle.kubelet.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.kubelet.fake.FakeRuntime;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a failed gRPC probe says, as upstream's does. */
class GrpcProbeWordsTest {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private final Vertx vertx = Vertx.vertx();
  private final Handlers handlers = new Handlers(vertx, new FakeRuntime(), "kube-probe/1.36");

  @AfterEach
  void stop() throws Exception {
    handlers.close();
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private int serve(Handler<HttpServerRequest> handler) throws Exception {
    return vertx
        .createHttpServer()
        .requestHandler(handler)
        .listen(0, "127.0.0.1")
        .await(10, TimeUnit.SECONDS)
        .actualPort();
  }

  private int answering(Handler<GrpcServerRequest<Buffer, Buffer>> check) throws Exception {
    GrpcServer server = GrpcServer.server(vertx);
    server.callHandler(request -> {
      assertThat(request.serviceName()).isEqualTo(ServiceName.create("grpc.health.v1", "Health"));
      check.handle(request);
    });
    return serve(server);
  }

  private String probe(int port, Duration limit) {
    return handlers.grpc(Json.parse("{\"port\":" + port + "}"), "127.0.0.1", limit).message();
  }

  private static String unreached(int port, String within) {
    return "timeout: failed to connect service \"127.0.0.1:"
        + port
        + "\" within "
        + within
        + ": context deadline exceeded";
  }

  @Test
  void ofOneWhoIsNotWell() throws Exception {
    int port = answering(request -> request.response().end(Buffer.buffer(new byte[] {8, 2})));
    assertThat(probe(port, LIMIT)).isEqualTo("service unhealthy (responded with \"NOT_SERVING\")");
  }

  @Test
  void ofOneWhoDoesNotKnowTheProtocol() throws Exception {
    int port =
        answering(request ->
            request
                .response()
                .status(GrpcStatus.UNIMPLEMENTED)
                .statusMessage("unknown service grpc.health.v1.Health")
                .end());
    assertThat(probe(port, LIMIT))
        .isEqualTo(
            "error: this server does not implement the grpc health protocol"
                + " (grpc.health.v1.Health): unknown service grpc.health.v1.Health");
  }

  @Test
  void ofOneWhoDoesNotKnowTheService() throws Exception {
    int port =
        answering(request ->
            request.response().status(GrpcStatus.NOT_FOUND).statusMessage("unknown service").end());
    assertThat(probe(port, LIMIT))
        .isEqualTo(
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service");
  }

  @Test
  void ofOneWhoDoesNotAnswer() throws Exception {
    int port = answering(_ -> {});
    assertThat(probe(port, Duration.ofSeconds(1)))
        .isEqualTo("timeout: health rpc did not complete within 1s");
  }

  @Test
  void ofNobody() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    assertThat(probe(port, LIMIT)).isEqualTo(unreached(port, "5s"));
  }

  @Test
  void ofOneWhoSpeaksAnotherLanguage() throws Exception {
    try (ServerSocket server = new ServerSocket(0)) {
      Thread.ofVirtual()
          .start(() -> {
            try (var socket = server.accept()) {
              socket.getOutputStream().write("SSH-2.0-x\r\n".getBytes());
            } catch (java.io.IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });
      assertThat(probe(server.getLocalPort(), LIMIT))
          .isEqualTo(unreached(server.getLocalPort(), "5s"));
    }
  }
}
