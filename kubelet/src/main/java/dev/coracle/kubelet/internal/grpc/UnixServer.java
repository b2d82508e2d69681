package dev.coracle.kubelet.internal.grpc;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerOptions;
import io.vertx.grpc.server.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server on a UNIX socket that only root may open. Handlers block, on the executor's
 * threads; an {@link IllegalArgumentException} is answered as INVALID_ARGUMENT, another failure as
 * UNKNOWN, with its message.
 */
public final class UnixServer {
  private static final int MAX_MESSAGE = 16 << 20;

  private final Vertx vertx;
  private final Path socket;
  private final Executor executor;
  private final GrpcServer grpc;
  private @Nullable HttpServer server;

  public UnixServer(Vertx vertx, Path socket, Executor executor) {
    this.vertx = vertx;
    this.socket = socket;
    this.executor = executor;
    this.grpc = GrpcServer.server(vertx, new GrpcServerOptions().setMaxMessageSize(MAX_MESSAGE));
  }

  /** One answer to one request. Called before {@link #start}. */
  public <Q, R> UnixServer handle(ServiceMethod<Q, R> method, Function<Q, R> handler) {
    grpc.callHandler(
        method,
        request ->
            request
                .last()
                .compose(message -> onExecutor(() -> handler.apply(message)))
                .onComplete(
                    answer -> request.response().end(answer),
                    failure -> request.response().fail(status(failure))));
    return this;
  }

  private <R> Future<R> onExecutor(java.util.function.Supplier<R> work) {
    return Future.fromCompletionStage(
        CompletableFuture.supplyAsync(work, executor), vertx.getOrCreateContext());
  }

  private static Throwable status(Throwable failure) {
    Throwable cause =
        failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return new StatusException(
        cause instanceof IllegalArgumentException
            ? GrpcStatus.INVALID_ARGUMENT
            : GrpcStatus.UNKNOWN,
        String.valueOf(cause.getMessage()));
  }

  /**
   * Replaces a socket that an earlier process has left. Blocks until it can be called. Who waits
   * for the socket's file is answered as soon as that is there: it has another name until then.
   */
  public void start() throws IOException {
    Path directory = Objects.requireNonNull(socket.getParent());
    Path unready = directory.resolve("." + socket.getFileName());
    Files.createDirectories(directory);
    Files.deleteIfExists(socket);
    Files.deleteIfExists(unready);
    try {
      server =
          vertx
              .createHttpServer(new HttpServerOptions().setIdleTimeout(0))
              .requestHandler(grpc)
              .listen(SocketAddress.domainSocketAddress(unready.toString()))
              .toCompletionStage()
              .toCompletableFuture()
              .get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("cannot listen on " + socket + ": " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    Files.setPosixFilePermissions(unready, PosixFilePermissions.fromString("rw-------"));
    Files.move(unready, socket, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Takes the socket's file away. Another server may be started there when that is done, not
   * before: the transport removes the file that it has made, whosever it is by then.
   */
  public Future<Void> close() {
    HttpServer running = server;
    if (running == null) {
      return Future.succeededFuture();
    }
    try {
      Files.deleteIfExists(socket);
    } catch (IOException e) {
      return running.close().compose(_ -> Future.failedFuture(e));
    }
    return running.close();
  }
}
