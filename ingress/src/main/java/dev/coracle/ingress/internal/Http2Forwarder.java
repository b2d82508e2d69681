package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes a request to a backend that speaks HTTP/2 and its answer back, trailers too, both at the
 * pace of the slower side: what gRPC needs (trailers carry its status, calls stream both ways) and
 * Vert.x's HTTP proxy does not do. Runs on the gateway's event loop.
 */
final class Http2Forwarder {

  /** Of one connection, not of the message (RFC 9110 section 7.6.1, RFC 9113 section 8.2.2). */
  private static final Set<String> HOP_BY_HOP =
      Set.of(
          "connection", "host", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private final Endpoints endpoints;
  private final Duration responseTimeout;

  Http2Forwarder(Endpoints endpoints, Duration responseTimeout) {
    this.endpoints = endpoints;
    this.responseTimeout = responseTimeout;
  }

  void forward(HttpServerRequest request, Backend backend) {
    request.pause();
    endpoints
        .connect(backend)
        .compose(to -> send(request, to))
        .onSuccess(answer -> back(answer, request.response()))
        .onFailure(failure -> refuse(request, Refusal.of(backend, failure)));
  }

  private Future<HttpClientResponse> send(HttpServerRequest request, HttpClientRequest to) {
    to.setMethod(request.method()).setURI(request.uri());
    HostAndPort authority = request.authority();
    if (authority != null) {
      to.authority(authority);
    }
    copy(request.headers(), to.headers());
    to.setChunked(!to.headers().contains("content-length"));
    Forwarded.headers(request).forEach(to::putHeader);
    request.response().exceptionHandler(_ -> to.reset());
    Future<HttpClientResponse> answer =
        to.response().timeout(responseTimeout.toMillis(), TimeUnit.MILLISECONDS);
    // The answer may begin before the request ends; a failure to send shows in the answer.
    request.pipe().endOnFailure(false).to(to).onFailure(_ -> to.reset());
    return answer.onFailure(failure -> {
      if (failure instanceof TimeoutException) {
        to.reset();
      }
    });
  }

  private static void back(HttpClientResponse from, HttpServerResponse response) {
    response.setStatusCode(from.statusCode());
    copy(from.headers(), response.headers());
    if (response.streamId() < 0 && !from.headers().contains("content-length")) {
      response.setChunked(true);
    }
    from.pipe()
        .endOnSuccess(false)
        .endOnFailure(false)
        .to(response)
        .onSuccess(_ -> {
          copy(from.trailers(), response.trailers());
          response.end();
        })
        .onFailure(_ -> response.reset());
  }

  private static void copy(MultiMap from, MultiMap to) {
    from.forEach((name, value) -> {
      if (!name.startsWith(":") && !HOP_BY_HOP.contains(name.toLowerCase(Locale.ROOT))) {
        to.add(name, value);
      }
    });
  }

  private static void refuse(HttpServerRequest request, Refusal refusal) {
    HttpServerResponse response = request.response();
    if (response.headWritten() || response.closed()) {
      response.reset();
      return;
    }
    request.resume();
    response
        .setStatusCode(refusal.status())
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .end(refusal.text());
  }
}
