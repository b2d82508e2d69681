package dev.coracle.criruntime.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.ExecSyncRequest;
import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.cri.v1.ImageServiceGrpcService;
import dev.coracle.cri.v1.RuntimeServiceGrpcClient;
import dev.coracle.cri.v1.RuntimeServiceGrpcService;
import dev.coracle.cri.v1.VersionRequest;
import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.criruntime.CriClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A caller that cancels its call before the answer, as a probe does whose time is over. */
class CancelledCallTest {

  /** What ran on a context and failed where nobody heard of it. */
  private final List<Throwable> unhandled = new CopyOnWriteArrayList<>();

  private final CompletableFuture<Void> begun = new CompletableFuture<>();
  private final CompletableFuture<Callable<ExecSyncResponse>> outcome = new CompletableFuture<>();
  private final CompletableFuture<Void> answered = new CompletableFuture<>();

  @TempDir private Path dir;
  private Vertx vertx;
  private HttpServer server;
  private GrpcClient client;
  private SocketAddress address;

  /** Executes what the test says, when it says it. */
  private final class Runtime extends RuntimeServiceGrpcService {
    private final Calls calls = new Calls(vertx, this::execute, new SimpleMeterRegistry());

    private void execute(Runnable call) {
      Thread.ofVirtual()
          .start(() -> {
            call.run();
            answered.complete(null);
          });
    }

    @Override
    public Future<ExecSyncResponse> execSync(ExecSyncRequest request) {
      Vertx.currentContext().exceptionHandler(unhandled::add);
      return calls.run(
          "ExecSync",
          () -> {
            begun.complete(null);
            return outcome.get(30, TimeUnit.SECONDS).call();
          });
    }

    @Override
    public Future<VersionResponse> version(VersionRequest request) {
      return Future.succeededFuture(VersionResponse.getDefaultInstance());
    }
  }

  @BeforeEach
  void start() throws Exception {
    // One event loop, so that what was sent before is done before.
    vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
    Path socket = dir.resolve("cri.sock");
    server = CriServer.listen(vertx, socket, new Runtime(), new ImageServiceGrpcService());
    client = GrpcClient.client(vertx);
    address = SocketAddress.domainSocketAddress(socket.toString());
  }

  @AfterEach
  void stop() {
    CriClient.get(client.close());
    CriClient.get(server.close());
    CriClient.get(vertx.close());
  }

  private void version() {
    CriClient.get(
        client
            .request(address, RuntimeServiceGrpcClient.Version)
            .compose(r -> r.send(VersionRequest.getDefaultInstance()))
            .compose(r -> r.last()));
  }

  private void cancelThenAnswer(Callable<ExecSyncResponse> answer) throws Exception {
    GrpcClientRequest<ExecSyncRequest, ExecSyncResponse> call =
        CriClient.get(client.request(address, RuntimeServiceGrpcClient.ExecSync));
    Future<?> response = call.send(ExecSyncRequest.getDefaultInstance());
    begun.get(30, TimeUnit.SECONDS);
    call.cancel();
    // On the same connection: the server has read the cancellation when this is answered.
    version();
    outcome.complete(answer);
    answered.get(30, TimeUnit.SECONDS);
    version();
    assertThat(response.failed()).isTrue();
  }

  @Test
  void anAnswerThatNobodyWaitsForIsDropped() throws Exception {
    cancelThenAnswer(ExecSyncResponse::getDefaultInstance);
    assertThat(unhandled).isEmpty();
  }

  @Test
  void aFailureThatNobodyWaitsForIsDropped() throws Exception {
    cancelThenAnswer(() -> {
      throw new TimeoutException("command [sleep] timed out after 1s");
    });
    assertThat(unhandled).isEmpty();
  }
}
