package dev.coracle.watchhub.internal.etcd;

import dev.coracle.watchhub.config.EtcdOptions;
import dev.coracle.watchhub.internal.etcd.v3.AuthGrpcClient;
import dev.coracle.watchhub.internal.etcd.v3.AuthenticateRequest;
import dev.coracle.watchhub.internal.etcd.v3.AuthenticateResponse;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.client.GrpcClientRequest;
import io.vertx.grpc.client.GrpcClientResponse;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import java.net.URI;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Calls to an etcd cluster: stays with one endpoint while it answers and goes to the next when it
 * does not. What may be repeated without harm is; a write whose outcome is not known is not. Safe
 * for any number of threads.
 */
public final class EtcdChannel {

  private static final int MAX_ATTEMPTS = 8;

  private final Vertx vertx;
  private final EtcdOptions options;
  private final MeterRegistry metrics;
  private final GrpcClient client;
  private final UnaryCalls calls;
  private final List<SocketAddress> endpoints;
  private final AtomicInteger current = new AtomicInteger();
  private volatile String token = "";

  public EtcdChannel(Vertx vertx, EtcdOptions options, MeterRegistry metrics) {
    this.vertx = vertx;
    this.options = options;
    this.metrics = metrics;
    this.endpoints = options.endpoints().stream().map(EtcdChannel::address).toList();
    GrpcClientOptions grpc = new GrpcClientOptions().setMaxMessageSize(Integer.MAX_VALUE);
    HttpClientOptions http = http(options);
    this.client = GrpcClient.client(vertx, grpc, http);
    this.calls = new UnaryCalls(vertx, http, options.requestTimeout().toMillis());
  }

  private static SocketAddress address(String endpoint) {
    URI uri = URI.create(endpoint);
    return SocketAddress.inetSocketAddress(uri.getPort() < 0 ? 2379 : uri.getPort(), uri.getHost());
  }

  private static HttpClientOptions http(EtcdOptions options) {
    HttpClientOptions http =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setHttp2ClearTextUpgrade(false)
            .setConnectTimeout(2000)
            .setTcpNoDelay(true)
            .setHttp2ConnectionWindowSize(16 << 20)
            .setInitialSettings(new Http2Settings().setInitialWindowSize(4 << 20));
    if (options.tls()) {
      http.setSsl(true).setUseAlpn(true).setVerifyHost(true);
      if (options.caFile() != null) {
        http.setTrustOptions(new PemTrustOptions().addCertPath(options.caFile().toString()));
      }
      if (options.certFile() != null && options.keyFile() != null) {
        http.setKeyCertOptions(
            new PemKeyCertOptions()
                .addCertPath(options.certFile().toString())
                .addKeyPath(options.keyFile().toString()));
      }
    }
    return http;
  }

  Vertx vertx() {
    return vertx;
  }

  public Future<Void> close() {
    return calls.close().compose(_ -> client.close());
  }

  /**
   * @param repeatable whether doing it twice does no harm
   */
  public <Q, R> Future<R> call(ServiceMethod<R, Q> method, Q request, boolean repeatable) {
    long start = System.nanoTime();
    return attempt(method, request, repeatable, 1)
        .onComplete(result ->
            Timer.builder("etcd_request_duration_seconds")
                .tag("operation", method.methodName())
                .tag("result", result.succeeded() ? "ok" : "failed")
                .register(metrics)
                .record(System.nanoTime() - start, TimeUnit.NANOSECONDS));
  }

  private <Q, R> Future<R> attempt(
      ServiceMethod<R, Q> method, Q request, boolean repeatable, int number) {
    int endpoint = current.get();
    return ready()
        .compose(_ -> unary(endpoint, method, request, token))
        .recover(failure -> {
          if (!(failure instanceof EtcdFailure e) || number >= MAX_ATTEMPTS) {
            return Future.failedFuture(failure);
          }
          if (e.tokenInvalid() && !options.user().isEmpty() && number < 3) {
            token = "";
            return attempt(method, request, repeatable, number + 1);
          }
          if (!e.elsewhere() || !repeatable && !e.notProposed()) {
            return Future.failedFuture(failure);
          }
          leave(endpoint);
          return pause(number).compose(_ -> attempt(method, request, repeatable, number + 1));
        });
  }

  /** Goes to the next endpoint, unless somebody else has already. */
  void leave(int endpoint) {
    current.compareAndSet(endpoint, (endpoint + 1) % endpoints.size());
  }

  int endpoint() {
    return current.get();
  }

  private Future<Void> pause(int number) {
    Promise<Void> promise = Promise.promise();
    // At once to the next endpoint; slower when all of them have been asked.
    long millis = number < endpoints.size() ? 1 : Math.min(50L << number, 1000);
    vertx.setTimer(millis, _ -> promise.complete());
    return promise.future();
  }

  /** Completes when there is a token where one is needed. */
  private Future<Void> ready() {
    if (options.user().isEmpty() || !token.isEmpty()) {
      return Future.succeededFuture();
    }
    AuthenticateRequest request =
        AuthenticateRequest.newBuilder()
            .setName(options.user())
            .setPassword(options.password())
            .build();
    return unary(current.get(), AuthGrpcClient.Authenticate, request, "")
        .map(AuthenticateResponse::getToken)
        .onSuccess(t -> token = t)
        .mapEmpty();
  }

  /** Opens a stream to the current endpoint. */
  <Q, R> Future<GrpcClientRequest<Q, R>> stream(ServiceMethod<R, Q> method) {
    return ready()
        .compose(_ -> client.<Q, R>request(endpoints.get(current.get()), method))
        .map(request -> {
          if (!token.isEmpty()) {
            request.headers().set("token", token);
          }
          return request;
        });
  }

  private <Q, R> Future<R> unary(
      int endpoint, ServiceMethod<R, Q> method, Q message, String withToken) {
    return calls.send(endpoints.get(endpoint), method, message, withToken);
  }

  /**
   * Listens to a stream's messages. After what is no message Vert.x tells nothing more, not even
   * the end: {@code unreadable} hears of it instead.
   */
  static <Q, R> void listen(
      ServiceMethod<R, Q> method,
      GrpcClientResponse<Q, R> response,
      Consumer<R> messages,
      Consumer<Throwable> unreadable) {
    response.invalidMessageHandler(unreadable::accept);
    response.messageHandler(message -> {
      R decoded;
      try {
        if (!message.encoding().equals("identity")) {
          throw new CodecException("a message is compressed: " + message.encoding());
        }
        decoded = method.decoder().decode(message);
      } catch (CodecException e) {
        unreadable.accept(e);
        return;
      }
      messages.accept(decoded);
    });
  }

  static EtcdFailure failure(GrpcClientResponse<?, ?> response) {
    GrpcStatus status = response.status();
    String message = response.statusMessage();
    return new EtcdFailure(
        status == null ? GrpcStatus.UNKNOWN : status,
        message == null ? "status " + status : message,
        false);
  }

  static EtcdFailure broken(Throwable e) {
    return e instanceof EtcdFailure f
        ? f
        : new EtcdFailure(GrpcStatus.UNAVAILABLE, String.valueOf(e.getMessage()), false);
  }
}
