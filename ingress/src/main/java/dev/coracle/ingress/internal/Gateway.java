package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.httpproxy.Body;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyOptions;
import io.vertx.httpproxy.ProxyResponse;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Takes one request to its backend and the answer back, WebSockets too. A backend that speaks
 * HTTP/2 is served by {@link Http2Forwarder}, any other by Vert.x's HTTP proxy. No rule: 404; no
 * endpoint: 503; none answers: 502; none answers in time: 504. Runs on the gateway's event loop.
 */
final class Gateway implements ProxyInterceptor {

  private static final String BACKEND = "backend";
  private static final String SENT = "sent";

  private final Endpoints endpoints;
  private final HttpProxy proxy;
  private final Http2Forwarder http2;
  private final BackendDirectory backends;
  private final IngressMetrics metrics;
  private final Duration responseTimeout;
  private volatile RouteTable routes = RouteTable.EMPTY;

  Gateway(
      Vertx vertx, BackendDirectory backends, IngressMetrics metrics, Duration responseTimeout) {
    this.backends = backends;
    this.metrics = metrics;
    this.responseTimeout = responseTimeout;
    this.endpoints = new Endpoints(vertx, backends);
    this.http2 = new Http2Forwarder(endpoints, responseTimeout);
    this.proxy =
        HttpProxy.reverseProxy(
                new ProxyOptions().setSupportWebSocket(true), endpoints.http1Client())
            .origin(this::connect)
            .addInterceptor(this, true);
  }

  void routes(RouteTable now) {
    routes = now;
  }

  Future<Void> close() {
    return endpoints.close();
  }

  void handle(HttpServerRequest request) {
    long begin = System.nanoTime();
    Backend backend = find(request);
    request
        .response()
        .endHandler(_ ->
            metrics.served(
                backend == null ? "" : backend.namespace(),
                backend == null ? "" : backend.ingress(),
                backend == null ? "" : backend.service(),
                request.response().getStatusCode(),
                System.nanoTime() - begin));
    if (backend != null && backend.http2() && backends.size(backend) > 0) {
      http2.forward(request, backend);
    } else {
      proxy.handle(request);
    }
  }

  private @Nullable Backend find(HttpServerRequest request) {
    HostAndPort authority = request.authority();
    String path = request.path();
    return routes.find(authority == null ? "" : authority.host(), path == null ? "/" : path);
  }

  @Override
  public Future<ProxyResponse> handleProxyRequest(ProxyContext context) {
    HttpServerRequest request = context.request().proxiedRequest();
    Backend backend = find(request);
    if (backend == null) {
      return refuse(context, Refusal.noRule());
    }
    if (backends.size(backend) == 0) {
      return refuse(context, Refusal.noEndpoint(backend));
    }
    context.set(BACKEND, backend);
    Forwarded.headers(request).forEach((name, value) -> context.request().putHeader(name, value));
    HostAndPort authority = request.authority();
    if (authority != null) {
      context.request().setAuthority(authority); // The application sees the name it was asked by.
    }
    return context
        .sendRequest()
        .timeout(responseTimeout.toMillis(), TimeUnit.MILLISECONDS)
        .recover(failure -> {
          HttpClientRequest sent = context.get(SENT, HttpClientRequest.class);
          if (failure instanceof TimeoutException && sent != null) {
            sent.reset();
          }
          return refuse(context, Refusal.of(backend, failure));
        });
  }

  private static Future<ProxyResponse> refuse(ProxyContext context, Refusal refusal) {
    ProxyResponse response = context.request().release().response();
    return Future.succeededFuture(
        response
            .setStatusCode(refusal.status())
            .putHeader("Content-Type", "text/plain; charset=utf-8")
            .setBody(Body.body(Buffer.buffer(refusal.text()))));
  }

  private Future<HttpClientRequest> connect(ProxyContext context) {
    return endpoints
        .connect(context.get(BACKEND, Backend.class))
        .onSuccess(request -> context.set(SENT, request));
  }
}
