package dev.coracle.ingress.internal;

import dev.coracle.api.KubeObject;
import dev.coracle.client.Client;
import dev.coracle.client.SerialContext;
import dev.coracle.ingress.config.IngressOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.servicediscovery.ServiceDiscovery;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deploys the two listeners on one event loop and wires routes, backends and certificates to them.
 */
public final class GatewayVerticle extends AbstractVerticle {

  private static final Logger LOG = LoggerFactory.getLogger(GatewayVerticle.class);
  private static final int IDLE_SECONDS = 300;

  private final Client client;
  private final ServiceDiscovery discovery;
  private final IngressOptions options;
  private final MeterRegistry registry;
  private @Nullable Gateway gateway;
  private @Nullable BackendDirectory backends;
  private @Nullable IngressSync sync;
  private @Nullable HttpServer http;
  private @Nullable HttpServer https;
  private volatile int httpPort;
  private volatile int httpsPort;
  private List<KubeObject> secrets = List.of();

  public GatewayVerticle(
      Client client, ServiceDiscovery discovery, IngressOptions options, MeterRegistry registry) {
    this.client = client;
    this.discovery = discovery;
    this.options = options;
    this.registry = registry;
  }

  public int httpPort() {
    return httpPort;
  }

  public int httpsPort() {
    return httpsPort;
  }

  @Override
  public void start(Promise<Void> started) {
    BackendDirectory directory = new BackendDirectory(vertx, context, discovery);
    Gateway newGateway =
        new Gateway(vertx, directory, new IngressMetrics(registry), options.responseTimeout());
    backends = directory;
    gateway = newGateway;
    IngressSync newSync =
        new IngressSync(
            SerialContext.of(vertx),
            client,
            options.publishAddress(),
            (routes, tls) -> context.runOnContext(_ -> changed(newGateway, routes, tls)));
    sync = newSync;
    directory
        .start()
        .compose(
            _ -> Future.fromCompletionStage(newSync.start().subscribeAsCompletionStage(), context))
        .compose(_ -> listen(newGateway, options.httpPort(), null))
        .onSuccess(server -> {
          http = server;
          httpPort = server.actualPort();
        })
        .compose(_ -> listen(newGateway, options.httpsPort(), tlsOptions()))
        .onSuccess(server -> {
          https = server;
          httpsPort = server.actualPort();
        })
        .<Void>mapEmpty()
        .onComplete(started);
  }

  private ServerSSLOptions tlsOptions() {
    return Certificates.options(options.certificate(), options.key(), secrets);
  }

  private Future<HttpServer> listen(Gateway target, int port, @Nullable ServerSSLOptions tls) {
    HttpServerOptions server =
        new HttpServerOptions()
            .setMaxInitialLineLength(16 * 1024)
            .setMaxHeaderSize(64 * 1024)
            .setIdleTimeout(IDLE_SECONDS)
            .setIdleTimeoutUnit(TimeUnit.SECONDS)
            .setSsl(tls != null)
            .setUseAlpn(tls != null);
    if (tls != null) {
      server.setKeyCertOptions(tls.getKeyCertOptions());
    }
    return vertx
        .createHttpServer(server)
        .requestHandler(target::handle)
        .listen(port, options.bindAddress())
        .recover(taken ->
            port == 0
                ? Future.failedFuture(taken)
                : vertx
                    .createHttpServer(server)
                    .requestHandler(target::handle)
                    .listen(0, options.bindAddress()));
  }

  private void changed(Gateway target, RouteTable routes, List<KubeObject> tls) {
    target.routes(routes);
    if (!tls.equals(secrets)) {
      secrets = tls;
      if (https != null) {
        https
            .updateSSLOptions(tlsOptions())
            .onFailure(e ->
                LOG.atWarn()
                    .addKeyValue("cause", e.getMessage())
                    .log("The new TLS certificates cannot be used; the old ones stay"));
      }
    }
  }

  @Override
  public void stop(Promise<Void> stopped) {
    Future<Void> synced =
        sync == null
            ? Future.succeededFuture()
            : Future.fromCompletionStage(sync.stop().subscribeAsCompletionStage(), context);
    Future.join(
            List.of(
                synced,
                http == null ? Future.succeededFuture() : http.close(),
                https == null ? Future.succeededFuture() : https.close(),
                backends == null ? Future.succeededFuture() : backends.stop(),
                gateway == null ? Future.succeededFuture() : gateway.close()))
        .<Void>mapEmpty()
        .onComplete(stopped);
  }
}
