package dev.coracle.apiserver.internal.http;

import dev.coracle.api.StatusException;
import dev.coracle.api.tls.TlsChoice;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.authn.ClientTrust;
import dev.coracle.apiserver.internal.filter.Filter;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.TrustOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTPS listener. One server per event loop, all on one port; every request passes the filters
 * in their order and ends at the first handler that knows its path.
 */
public final class HttpFront {

  private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);

  /**
   * Of the request line and of all headers, as upstream: {@code kubectl exec} has its command in
   * the one, and who is in many groups a long token in the others.
   */
  private static final int MOST_HEADER_BYTES = 1 << 20;

  private static final int MOST_STREAMS = 1000;

  /** More in so many seconds is taken for an attack (CVE-2023-44487), and ends the connection. */
  private static final int MOST_RESETS = 10_000;

  private static final int RESETS_SECONDS = 10;

  /**
   * For the TLS handshake, and then for the first request. Where many connect at once to a busy
   * machine both take long, and a client of TLS 1.3 has sent a request before the server's part of
   * the handshake is over: what is cut off too early is an honest request.
   */
  private static final int FIRST_SECONDS = 60;

  /** Upstream's, for clients to hear that the connection ends. */
  private static final int FAREWELL_SECONDS = 2;

  private final Vertx vertx;
  private final ApiServerOptions options;
  private final List<Filter> filters;
  private final PathHandler aggregated;
  private final List<PathHandler> paths;
  private final ResourceHandler resources;
  private final ClientTrust trust;
  private final ApiServerMetrics metrics;
  private final int instances;
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private @Nullable ServingCertificates certificates;
  private @Nullable String deployment;
  private volatile int port;

  /**
   * @param aggregated asked first: what other servers have is theirs to answer
   */
  public HttpFront(
      Vertx vertx,
      ApiServerOptions options,
      List<Filter> filters,
      PathHandler aggregated,
      List<PathHandler> paths,
      ResourceHandler resources,
      ClientTrust trust,
      ApiServerMetrics metrics) {
    this.trust = trust;
    this.metrics = metrics;
    this.aggregated = aggregated;
    this.vertx = vertx;
    this.options = options;
    this.filters = List.copyOf(filters);
    this.paths = List.copyOf(paths);
    this.resources = resources;
    this.instances = Math.clamp(Runtime.getRuntime().availableProcessors(), 1, 4);
  }

  /** The port that is listened on, once started. */
  public int port() {
    return port;
  }

  public Future<Void> start() {
    // Port -1 is Vert.x's way to say: one free port for all instances.
    int wanted = options.listen().port() == 0 ? -1 : options.listen().port();
    ServingCertificates shown;
    try {
      shown =
          new ServingCertificates(
              options.listen().certificate(),
              options.listen().key(),
              options.security().tls().named());
    } catch (IllegalStateException e) {
      return Future.failedFuture(
          new IllegalStateException(
              "cannot use the API server's certificates: " + e.getMessage(), e));
    }
    certificates = shown;
    shown.whenChanged(() -> servers.forEach(server -> show(server, shown)));
    return vertx
        .deployVerticle(
            () -> (Deployable) new Listener(wanted, shown),
            new DeploymentOptions().setInstances(instances))
        .onSuccess(id -> deployment = id)
        .onFailure(_ -> shown.close())
        .<Void>mapEmpty()
        .recover(failure -> Future.failedFuture(explain(failure)));
  }

  /** Handshakes that begin from now on. */
  private void show(HttpServer server, ServingCertificates shown) {
    server
        .updateSSLOptions(
            serverOptions(0, shown)
                .getSslOptions()
                .setApplicationLayerProtocols(List.of("h2", "http/1.1")))
        .onFailure(e ->
            LOG.atError()
                .addKeyValue("why", e.getMessage())
                .log("The new certificates cannot be shown; the former ones are"));
  }

  private RuntimeException explain(Throwable failure) {
    String where = options.listen().address() + ":" + options.listen().port();
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof java.io.IOException
          && String.valueOf(cause.getMessage()).contains("in use")) {
        return new IllegalStateException(
            "the port "
                + options.listen().port()
                + " on "
                + options.listen().address()
                + " is taken by another process; choose another one with --port (0: any free one)",
            failure);
      }
      if (cause instanceof java.nio.file.NoSuchFileException
          || cause instanceof java.security.GeneralSecurityException) {
        return new IllegalStateException(
            "cannot use the API server's certificates: " + cause.getMessage(), failure);
      }
      cause = cause.getCause();
    }
    return new IllegalStateException(
        "cannot listen on " + where + ": " + failure.getMessage(), failure);
  }

  /** Clients are told; what is under way then has a moment yet. */
  public Future<Void> stop() {
    String id = deployment;
    deployment = null;
    if (certificates != null) {
      certificates.close();
    }
    if (id == null) {
      return Future.succeededFuture();
    }
    return Future.join(
            servers.stream().map(s -> s.shutdown(FAREWELL_SECONDS, TimeUnit.SECONDS)).toList())
        .transform(_ -> vertx.undeploy(id));
  }

  private HttpServerOptions serverOptions(int wantedPort, ServingCertificates shown) {
    var listen = options.listen();
    TlsChoice tls = options.security().tls().choice();
    HttpServerOptions http = new HttpServerOptions();
    tls.offered().forEach(http::addEnabledCipherSuite);
    return http.setEnabledSecureTransportProtocols(tls.protocols())
        .setHost(listen.address())
        .setPort(wantedPort)
        .setSsl(true)
        .setUseAlpn(true)
        .setClientAuth(ClientAuth.REQUEST)
        .setKeyCertOptions(KeyCertOptions.wrap(shown.keys()))
        .setTrustOptions(TrustOptions.wrap(trust.lenient()))
        .setSslHandshakeTimeout(FIRST_SECONDS)
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        // Watches and tunnels may be silent for long; hours, so that dead peers go some day.
        .setIdleTimeout(5)
        .setIdleTimeoutUnit(TimeUnit.HOURS)
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true)
        .setMaxHeaderSize(MOST_HEADER_BYTES)
        .setMaxInitialLineLength(MOST_HEADER_BYTES)
        .setInitialSettings(
            new io.vertx.core.http.Http2Settings()
                .setMaxConcurrentStreams(MOST_STREAMS)
                .setMaxHeaderListSize(MOST_HEADER_BYTES))
        // Every watch that its client ends is a reset; informers and kubectl end many.
        .setHttp2RstFloodMaxRstFramePerWindow(MOST_RESETS)
        .setHttp2RstFloodWindowDuration(RESETS_SECONDS)
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
        .setPerMessageWebSocketCompressionSupported(false)
        .setPerFrameWebSocketCompressionSupported(false)
        .setCompressionSupported(false);
  }

  /** One server on one event loop. */
  private final class Listener extends VerticleBase {

    private final int wantedPort;
    private final ServingCertificates shown;
    private @Nullable HttpServer server;

    Listener(int wantedPort, ServingCertificates shown) {
      this.wantedPort = wantedPort;
      this.shown = shown;
    }

    @Override
    public Future<?> start() {
      Router router = Router.router(vertx);
      router.route().handler(HttpFront.this::handle);
      HttpServer made =
          vertx
              .createHttpServer(serverOptions(wantedPort, shown))
              .connectionHandler(this::connected)
              .requestHandler(router)
              .exceptionHandler(this::failed);
      server = made;
      servers.add(made);
      return made.listen().onSuccess(s -> port = s.actualPort());
    }

    /** Told of clients, too, that go without a farewell. */
    private void failed(Throwable failure) {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        // Of who leaves amid the handshake, it is a circumstance of the end of the connection.
        if (isOfHandshake(cause)
            || Arrays.stream(cause.getSuppressed()).anyMatch(Listener::isOfHandshake)) {
          metrics.handshakeFailed();
          return;
        }
      }
    }

    private static boolean isOfHandshake(Throwable failure) {
      return failure instanceof SSLHandshakeException || failure instanceof NotSslRecordException;
    }

    /** Who connects and then says nothing is cut off. */
    private void connected(HttpConnection connection) {
      if (!(connection instanceof HttpServerConnection known)) {
        return;
      }
      Channel channel = known.channelHandlerContext().channel();
      if (!(connection instanceof Http1xServerConnection)) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addAfter(
            pipeline.context(SslHandler.class).name(), "flush together", new FlushTogether());
      }
      long timer =
          vertx.setTimer(
              FIRST_SECONDS * 1000L,
              _ -> {
                if (channel.attr(SPOKEN).get() == null) {
                  connection.close();
                }
              });
      connection.closeHandler(_ -> vertx.cancelTimer(timer));
    }

    @Override
    public Future<?> stop() {
      HttpServer running = server;
      return running == null ? Future.succeededFuture() : running.close();
    }
  }

  private static final io.netty.util.AttributeKey<Boolean> SPOKEN =
      io.netty.util.AttributeKey.valueOf("coracle.spoken");

  private void handle(RoutingContext context) {
    if (context.request().connection() instanceof HttpServerConnection known) {
      known.channelHandlerContext().channel().attr(SPOKEN).set(Boolean.TRUE);
    }
    context.request().pause();
    QueryString query = new QueryString(context.request().query());
    Exchange exchange;
    try {
      exchange = new Exchange(context, requestInfo(context, query), query);
    } catch (IllegalArgumentException e) {
      RequestInfo none = RequestInfo.notOfResource("get", "/");
      exchange = new Exchange(context, none, query);
      Responder.failure(exchange, StatusException.badRequest("the path is not valid"));
      return;
    }
    pass(exchange, 0);
  }

  private static RequestInfo requestInfo(RoutingContext context, QueryString query) {
    String raw = context.request().path();
    String path =
        raw == null || raw.isEmpty()
            ? "/"
            : raw.indexOf('%') < 0
                ? raw
                : QueryStringDecoder.decodeComponent(raw.replace("+", "%2B"));
    return RequestInfo.of(
        context.request().method().name(),
        path,
        query.flag("watch"),
        query.first("fieldSelector"),
        query.first("labelSelector"));
  }

  private void pass(Exchange exchange, int filter) {
    if (exchange.response().ended()) {
      // Its time was over before its turn came.
      return;
    }
    try {
      if (filter < filters.size()) {
        filters.get(filter).handle(exchange, () -> pass(exchange, filter + 1));
      } else {
        route(exchange);
      }
    } catch (RuntimeException e) {
      Responder.failure(exchange, e);
    }
  }

  private void route(Exchange exchange) {
    if (aggregated.handle(exchange)) {
      return;
    }
    if (exchange.info().resourceRequest()) {
      resources.handle(exchange);
      return;
    }
    for (PathHandler path : paths) {
      if (path.handle(exchange)) {
        return;
      }
    }
    Unrouted.page(exchange);
  }
}
