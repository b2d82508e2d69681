package dev.coracle.kubelet.server;

import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.http.Adapters;
import dev.coracle.kubelet.server.internal.http.KubeletRoutes;
import dev.coracle.tracing.Tracing;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kubelet's HTTPS API. HTTP/1.1 only: most of its requests are upgrades or endless streams,
 * which HTTP/2 would not carry. All requests are served on the event loop their connection came in
 * on; log files are read on virtual threads.
 *
 * <p>{@link #start} and {@link #stop} may be called from any thread, once each.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/">kubelet</a>
 */
public final class KubeletServer {
  private static final Logger log = LoggerFactory.getLogger(KubeletServer.class);

  /** As the API server's: what is to be executed stands in the request line. */
  private static final int MOST_HEADER_BYTES = 1 << 20;

  private final Vertx vertx;
  private final KubeletServerOptions options;
  private final KubeletRoutes routes;
  private volatile @Nullable HttpServer server;
  private volatile @Nullable FollowedAuthority authority;

  public KubeletServer(Vertx vertx, KubeletServerOptions options, KubeletServerBackend backend) {
    this(vertx, options, backend, Tracing.NONE, RequestMonitor.NONE);
  }

  public KubeletServer(
      Vertx vertx,
      KubeletServerOptions options,
      KubeletServerBackend backend,
      Tracing tracing,
      RequestMonitor monitor) {
    this.vertx = vertx;
    this.options = options;
    this.routes =
        new KubeletRoutes(vertx, options, backend, InstantSource.system(), tracing, monitor);
  }

  /** Listens; the item is the port. */
  public Uni<Integer> start() {
    return Adapters.uni(this::listen);
  }

  /** Stops listening and closes every connection. */
  public Uni<Void> stop() {
    return Adapters.uni(() -> {
      HttpServer running = server;
      server = null;
      FollowedAuthority followed = authority;
      if (followed != null) {
        followed.close();
      }
      routes.close();
      return running == null ? Future.succeededFuture() : running.close();
    });
  }

  /** The port listened on, 0 while not started. */
  public int port() {
    HttpServer running = server;
    return running == null ? 0 : running.actualPort();
  }

  /**
   * Takes up a renewed serving certificate and client CA from the same files; connections made
   * before go on. The client CA's file is followed anyway.
   */
  public Uni<Boolean> reloadCertificates() {
    return Adapters.uni(this::reload);
  }

  private Future<Boolean> reload() {
    HttpServer running = server;
    return running == null
        ? Future.succeededFuture(false)
        : running.updateSSLOptions(httpOptions().getSslOptions(), true);
  }

  private Future<Integer> listen() {
    HttpServer http = vertx.createHttpServer(httpOptions()).requestHandler(routes.router());
    return http.listen()
        .map(listening -> {
          server = listening;
          log.atInfo()
              .addKeyValue("address", options.host())
              .addKeyValue("port", listening.actualPort())
              .log("Kubelet API is listening");
          return listening.actualPort();
        })
        .compose(port -> vertx.executeBlocking(this::follow, false).map(port));
  }

  private boolean follow() throws IOException {
    authority = new FollowedAuthority(options.clientCa(), this::reload);
    return true;
  }

  private HttpServerOptions httpOptions() {
    HttpServerOptions http = new HttpServerOptions();
    options.tls().offered().forEach(http::addEnabledCipherSuite);
    return http.setHost(options.host())
        .setPort(options.port())
        .setSsl(true)
        .setEnabledSecureTransportProtocols(options.tls().protocols())
        .setUseAlpn(false)
        .setKeyCertOptions(
            KeyCertOptions.wrap(PemKeyManager.of(options.certificate(), options.key())))
        .setTrustOptions(new PemTrustOptions().addCertPath(options.clientCa().toString()))
        .setClientAuth(ClientAuth.REQUEST)
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true)
        .setCompressionSupported(false)
        .setMaxInitialLineLength(MOST_HEADER_BYTES)
        .setMaxHeaderSize(MOST_HEADER_BYTES);
  }
}
