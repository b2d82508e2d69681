package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.httpproxy.Body;
import io.vertx.httpproxy.HttpProxy;
import io.vertx.httpproxy.ProxyContext;
import io.vertx.httpproxy.ProxyInterceptor;
import io.vertx.httpproxy.ProxyOptions;
import io.vertx.httpproxy.ProxyResponse;
import org.jspecify.annotations.Nullable;

/**
 * Takes one request to its backend and the answer back, WebSockets too. A backend that does not
 * accept the connection is passed over for the next, each once. No rule: 404; no endpoint: 503;
 * none answers: 502. Runs on the gateway's event loop.
 */
final class Gateway implements ProxyInterceptor {

  private static final String BACKEND = "backend";

  private final HttpClient client;
  private final HttpProxy proxy;
  private final BackendDirectory backends;
  private final IngressMetrics metrics;
  private volatile RouteTable routes = new RouteTable(java.util.List.of());

  Gateway(Vertx vertx, BackendDirectory backends, IngressMetrics metrics) {
    this.backends = backends;
    this.metrics = metrics;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setConnectTimeout(2000)
                .setKeepAliveTimeout(30)
                .setMaxInitialLineLength(16 * 1024)
                .setMaxHeaderSize(64 * 1024),
            new PoolOptions().setHttp1MaxSize(256).setMaxWaitQueueSize(4096));
    this.proxy =
        HttpProxy.reverseProxy(new ProxyOptions().setSupportWebSocket(true), client)
            .origin(this::connect)
            .addInterceptor(this, true);
  }

  void routes(RouteTable now) {
    routes = now;
  }

  Future<Void> close() {
    return client.close();
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
    proxy.handle(request);
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
      return refuse(context, 404, "no Ingress rule matches this host and path\n");
    }
    if (backends.size(backend) == 0) {
      return refuse(
          context,
          503,
          "the Service "
              + backend.namespace()
              + "/"
              + backend.service()
              + " has no ready endpoint\n");
    }
    context.set(BACKEND, backend);
    forwarded(context, request);
    return context.sendRequest();
  }

  private static void forwarded(ProxyContext context, HttpServerRequest request) {
    String client = request.remoteAddress().hostAddress();
    String before = request.getHeader("X-Forwarded-For");
    context
        .request()
        .putHeader("X-Forwarded-For", before == null ? client : before + ", " + client);
    context.request().putHeader("X-Real-IP", client);
    context.request().putHeader("X-Forwarded-Proto", request.isSSL() ? "https" : "http");
    HostAndPort authority = request.authority();
    if (authority != null) {
      context.request().putHeader("X-Forwarded-Host", authority.toString());
      context.request().setAuthority(authority); // The application sees the name it was asked by.
    }
  }

  private static Future<ProxyResponse> refuse(ProxyContext context, int status, String text) {
    ProxyResponse response = context.request().release().response();
    return Future.succeededFuture(
        response
            .setStatusCode(status)
            .putHeader("Content-Type", "text/plain; charset=utf-8")
            .setBody(Body.body(Buffer.buffer(text))));
  }

  private Future<HttpClientRequest> connect(ProxyContext context) {
    Backend backend = context.get(BACKEND, Backend.class);
    return connect(backend, backends.size(backend));
  }

  private Future<HttpClientRequest> connect(Backend backend, int tries) {
    SocketAddress endpoint = tries == 0 ? null : backends.next(backend);
    if (endpoint == null) {
      return Future.failedFuture("no endpoint of " + backend.service() + " accepts connections");
    }
    return client
        .request(new RequestOptions().setServer(endpoint))
        .recover(failure -> tries > 1 ? connect(backend, tries - 1) : Future.failedFuture(failure));
  }
}
