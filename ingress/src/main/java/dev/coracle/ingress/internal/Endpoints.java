package dev.coracle.ingress.internal;

import dev.coracle.ingress.internal.RouteTable.Backend;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.List;

/**
 * Connections to the endpoints of backends, HTTP/1.1 or HTTP/2, kept for the next request. An
 * endpoint that does not accept the connection is passed over for the next, each once.
 */
final class Endpoints {

  private static final int CONNECT_MILLIS = 2000;

  private final BackendDirectory backends;
  private final HttpClient http1;
  private final HttpClient http2;

  Endpoints(Vertx vertx, BackendDirectory backends) {
    this.backends = backends;
    PoolOptions pool = new PoolOptions().setHttp1MaxSize(256).setMaxWaitQueueSize(4096);
    this.http1 = vertx.createHttpClient(options(), pool);
    this.http2 =
        vertx.createHttpClient(
            options().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false), pool);
  }

  private static HttpClientOptions options() {
    return new HttpClientOptions()
        .setConnectTimeout(CONNECT_MILLIS)
        .setKeepAliveTimeout(30)
        .setMaxInitialLineLength(16 * 1024)
        .setMaxHeaderSize(64 * 1024);
  }

  HttpClient http1Client() {
    return http1;
  }

  /** A request to the backend's next endpoint that accepts it; nothing of it is sent yet. */
  Future<HttpClientRequest> connect(Backend backend) {
    return connect(backend, backends.size(backend));
  }

  private Future<HttpClientRequest> connect(Backend backend, int tries) {
    SocketAddress endpoint = tries == 0 ? null : backends.next(backend);
    if (endpoint == null) {
      return Future.failedFuture("no endpoint of " + backend + " accepts connections");
    }
    return (backend.http2() ? http2 : http1)
        .request(new RequestOptions().setServer(endpoint))
        .recover(failure -> tries > 1 ? connect(backend, tries - 1) : Future.failedFuture(failure));
  }

  Future<Void> close() {
    return Future.join(List.of(http1.close(), http2.close())).mapEmpty();
  }
}
