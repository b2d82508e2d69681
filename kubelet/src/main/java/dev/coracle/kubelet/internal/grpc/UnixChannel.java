package dev.coracle.kubelet.internal.grpc;

import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.context.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection to a UNIX socket of a runtime or plugin. Vert.x opens it on the first call
 * and again after it was lost, so a peer that comes back is found by the next call. {@link #call}
 * blocks and belongs on virtual threads.
 */
public final class UnixChannel implements AutoCloseable {
  private final GrpcClient client;
  private final SocketAddress address;

  /**
   * @param endpoint {@code unix:///run/containerd/containerd.sock}, or a bare path
   */
  public UnixChannel(Vertx vertx, String endpoint) {
    String path = endpoint.startsWith("unix://") ? endpoint.substring(7) : endpoint;
    this.address = SocketAddress.domainSocketAddress(path);
    HttpClientOptions http =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setConnectTimeout(2_000)
            .setHttp2ConnectionWindowSize(8 << 20)
            .setInitialSettings(new Http2Settings().setInitialWindowSize(4 << 20));
    this.client =
        GrpcClient.client(vertx, new GrpcClientOptions().setMaxMessageSize(64L << 20), http);
  }

  /** Calls and waits; a null timeout waits for ever. */
  public <Q, R> R call(ServiceMethod<R, Q> method, Q request, @Nullable Duration timeout) {
    Context trace = Context.current();
    CompletableFuture<GrpcClientRequest<Q, R>> sent = new CompletableFuture<>();
    CompletableFuture<R> answer =
        request(method)
            .compose(r -> {
              sent.complete(r);
              Tracing.inject(trace, r.headers()::set);
              return r.send(request).compose(UnixChannel::last);
            })
            .toCompletionStage()
            .toCompletableFuture();
    try {
      return timeout == null ? answer.get() : answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      sent.thenAccept(r -> r.cancel());
      throw new CriException(Code.DEADLINE_EXCEEDED, "context deadline exceeded");
    } catch (InterruptedException e) {
      sent.thenAccept(r -> r.cancel());
      Thread.currentThread().interrupt();
      throw new CriException(Code.CANCELLED, "context canceled");
    }
  }

  /** A stream that is listened to; closing it is silent. */
  @FunctionalInterface
  public interface Listening {
    void close();
  }

  /**
   * Opens a stream of answers.
   *
   * @param ended hears of the stream's end once, with the reason
   */
  public <Q, R> Listening listen(
      ServiceMethod<R, Q> method, Q request, Consumer<R> handler, Consumer<CriException> ended) {
    AtomicBoolean over = new AtomicBoolean();
    AtomicReference<GrpcClientResponse<Q, R>> open = new AtomicReference<>();
    Consumer<CriException> end =
        failure -> {
          if (over.compareAndSet(false, true)) {
            ended.accept(failure);
          }
        };
    BiConsumer<GrpcClientRequest<Q, R>, GrpcClientResponse<Q, R>> began =
        (sent, response) -> {
          open.set(response);
          if (failed(response)) {
            end.accept(status(response));
            return;
          }
          response.exceptionHandler(
              e -> end.accept(failed(response) ? status(response) : failure(e)));
          response.endHandler(_ ->
              end.accept(
                  failed(response)
                      ? status(response)
                      : new CriException(
                          response.status() == GrpcStatus.OK ? Code.OK : Code.UNAVAILABLE,
                          "the stream ended")));
          // After what is no message Vert.x tells nothing more, not even the end.
          Consumer<Throwable> unreadable =
              e -> {
                end.accept(failure(e));
                sent.cancel();
              };
          response.invalidMessageHandler(unreadable::accept);
          response.messageHandler(message -> {
            if (!over.get()) {
              decoded(method, message, unreadable).ifPresent(handler);
            }
          });
        };
    request(method)
        // On the event loop, so that no message can pass before somebody listens.
        .compose(r -> r.send(request).onSuccess(response -> began.accept(r, response)))
        .onFailure(e -> end.accept(failure(e)));
    return () -> {
      over.set(true);
      var response = open.get();
      if (response != null) {
        response.messageHandler(null);
      }
    };
  }

  /** What a message says; nobody was asked to compress it. */
  private static <R> Optional<R> decoded(
      ServiceMethod<R, ?> method, GrpcMessage message, Consumer<Throwable> unreadable) {
    try {
      if (message.encoding().equals("identity")) {
        return Optional.of(method.decoder().decode(message));
      }
      unreadable.accept(new CodecException("a message is compressed: " + message.encoding()));
    } catch (CodecException e) {
      unreadable.accept(e);
    }
    return Optional.empty();
  }

  private static boolean failed(GrpcClientResponse<?, ?> response) {
    return response.status() != null && response.status() != GrpcStatus.OK;
  }

  private <Q, R> Future<GrpcClientRequest<Q, R>> request(ServiceMethod<R, Q> method) {
    try {
      return client.request(address, method);
    } catch (IllegalStateException e) {
      return Future.failedFuture(e);
    }
  }

  private static <Q, R> Future<R> last(GrpcClientResponse<Q, R> response) {
    return response
        .last()
        .compose(
            message ->
                failed(response)
                    ? Future.failedFuture(status(response))
                    : Future.succeededFuture(message),
            cause -> Future.failedFuture(failed(response) ? status(response) : cause));
  }

  private static CriException status(GrpcClientResponse<?, ?> response) {
    GrpcStatus status = response.status();
    String message = response.statusMessage();
    return new CriException(
        code(status == null ? GrpcStatus.UNKNOWN : status), message == null ? "" : message);
  }

  private static CriException failure(Throwable cause) {
    if (cause instanceof CriException e) {
      return e;
    }
    String message = cause.getMessage();
    return new CriException(
        Code.UNAVAILABLE, message == null ? cause.getClass().getSimpleName() : message);
  }

  private static Code code(GrpcStatus status) {
    return switch (status) {
      case CANCELLED -> Code.CANCELLED;
      case INVALID_ARGUMENT -> Code.INVALID_ARGUMENT;
      case DEADLINE_EXCEEDED -> Code.DEADLINE_EXCEEDED;
      case NOT_FOUND -> Code.NOT_FOUND;
      case ALREADY_EXISTS -> Code.ALREADY_EXISTS;
      case PERMISSION_DENIED -> Code.PERMISSION_DENIED;
      case RESOURCE_EXHAUSTED -> Code.RESOURCE_EXHAUSTED;
      case FAILED_PRECONDITION -> Code.FAILED_PRECONDITION;
      case ABORTED -> Code.ABORTED;
      case OUT_OF_RANGE -> Code.OUT_OF_RANGE;
      case UNIMPLEMENTED -> Code.UNIMPLEMENTED;
      case INTERNAL -> Code.INTERNAL;
      case UNAVAILABLE -> Code.UNAVAILABLE;
      case DATA_LOSS -> Code.DATA_LOSS;
      case UNAUTHENTICATED -> Code.UNAUTHENTICATED;
      case OK, UNKNOWN -> Code.UNKNOWN;
    };
  }

  @Override
  public void close() {
    client.close().onFailure(e -> {});
  }
}
