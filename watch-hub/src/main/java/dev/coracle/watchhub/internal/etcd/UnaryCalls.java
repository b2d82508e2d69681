package dev.coracle.watchhub.internal.etcd;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.grpc.common.CodecException;
import io.vertx.grpc.common.GrpcMessage;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.WireFormat;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * One question, one answer, by gRPC over the plain HTTP/2 client (the gRPC HTTP/2 protocol
 * document).
 *
 * <p>Vert.x's gRPC client sends the message and the end of the stream in two frames. etcd (grpc-go)
 * is often done between the two and then resets the stream; after 200 resets in 30 seconds Netty
 * takes that for an attack and closes the connection. Here both are one frame.
 */
final class UnaryCalls {

  private static final int PREFIX = 5;

  private final HttpClient client;
  private final long timeoutMillis;
  private final Vertx vertx;

  UnaryCalls(Vertx vertx, HttpClientOptions options, long timeoutMillis) {
    this.vertx = vertx;
    this.client = vertx.createHttpClient(options);
    this.timeoutMillis = timeoutMillis;
  }

  Future<Void> close() {
    return client.close();
  }

  <Q, R> Future<R> send(
      SocketAddress endpoint, ServiceMethod<R, Q> method, Q message, String token) {
    Promise<R> promise = Promise.promise();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setHost(endpoint.host())
            .setPort(endpoint.port())
            .setURI("/" + method.serviceName().fullyQualifiedName() + "/" + method.methodName())
            .putHeader("content-type", "application/grpc")
            .putHeader("te", "trailers");
    if (!token.isEmpty()) {
      options.putHeader("token", token);
    }
    Buffer body = frame(method, message);
    client
        .request(options)
        .onFailure(e ->
            promise.tryFail(
                new EtcdFailure(GrpcStatus.UNAVAILABLE, endpoint + ": " + e.getMessage(), true)))
        .onSuccess(request -> send(request, body, method, promise));
    return promise.future();
  }

  private static <Q, R> Buffer frame(ServiceMethod<R, Q> method, Q message) {
    Buffer payload = method.encoder().encode(message, WireFormat.PROTOBUF).payload();
    return Buffer.buffer(PREFIX + payload.length())
        .appendByte((byte) 0)
        .appendInt(payload.length())
        .appendBuffer(payload);
  }

  private <Q, R> void send(
      HttpClientRequest request, Buffer body, ServiceMethod<R, Q> method, Promise<R> promise) {
    long timer =
        vertx.setTimer(
            timeoutMillis,
            _ -> {
              if (promise.tryFail(
                  new EtcdFailure(GrpcStatus.DEADLINE_EXCEEDED, "no answer in time", false))) {
                request.reset(8); // CANCEL
              }
            });
    promise.future().onComplete(_ -> vertx.cancelTimer(timer));
    // Asked for first: on another thread than the connection's, an answer's body could pass before.
    request
        .response()
        .compose(response -> response.body().map(answer -> decode(response, answer, method)))
        .onSuccess(promise::tryComplete)
        .onFailure(e -> promise.tryFail(EtcdChannel.broken(e)));
    request.end(body);
  }

  private static <Q, R> R decode(
      HttpClientResponse response, Buffer body, ServiceMethod<R, Q> method) {
    String status = either(response, "grpc-status");
    if (!"0".equals(status)) {
      String text = either(response, "grpc-message");
      throw new EtcdFailure(
          status(status, response.statusCode()),
          text == null ? "HTTP " + response.statusCode() : text(text),
          false);
    }
    return message(body, method);
  }

  /** Percent-encoded, or as it is. */
  static String text(String encoded) {
    try {
      return URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return encoded;
    }
  }

  /**
   * The one message of an answer.
   *
   * @throws EtcdFailure for what is none
   */
  static <Q, R> R message(Buffer body, ServiceMethod<R, Q> method) {
    if (body.length() < PREFIX
        || body.getByte(0) != 0
        || body.getInt(1) != body.length() - PREFIX) {
      throw new EtcdFailure(GrpcStatus.INTERNAL, "the answer is not one message", false);
    }
    GrpcMessage message = GrpcMessage.message("identity", body.slice(PREFIX, body.length()));
    try {
      return method.decoder().decode(message);
    } catch (CodecException e) {
      throw new EtcdFailure(GrpcStatus.INTERNAL, "the answer cannot be read", false);
    }
  }

  /** In the trailers, or in the headers when there is no body. */
  private static @Nullable String either(HttpClientResponse response, String name) {
    String trailer = response.getTrailer(name);
    return trailer == null ? response.getHeader(name) : trailer;
  }

  private static GrpcStatus status(@Nullable String code, int http) {
    if (code == null) {
      return http == 401 ? GrpcStatus.UNAUTHENTICATED : GrpcStatus.UNAVAILABLE;
    }
    try {
      GrpcStatus status = GrpcStatus.valueOf(Integer.parseInt(code));
      return status == null ? GrpcStatus.UNKNOWN : status;
    } catch (NumberFormatException e) {
      return GrpcStatus.UNKNOWN;
    }
  }
}
