package dev.coracle.kubelet.server;

import dev.coracle.kubelet.server.internal.http.Adapters;
import dev.coracle.kubelet.server.internal.http.DocumentRoutes;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /healthz} without TLS and without asking who asks, for tools on the node itself
 * (upstream's {@code healthzPort}). Nothing else is to be had here.
 */
public final class HealthzServer {
  private static final Logger LOG = LoggerFactory.getLogger(HealthzServer.class);

  private final Vertx vertx;
  private final String address;
  private final int port;
  private final Router router;
  private volatile @Nullable HttpServer server;

  public HealthzServer(Vertx vertx, String address, int port, NodeDocuments documents) {
    this.vertx = vertx;
    this.address = address;
    this.port = port;
    this.router = Router.router(vertx);
    new DocumentRoutes(vertx, documents).mountHealth(router);
  }

  /**
   * Listens; the item is the port. A port that cannot be had is told and nothing else, as upstream
   * does: the node works without.
   */
  public Uni<Integer> start() {
    return Adapters.uni(() ->
        vertx
            .createHttpServer(new HttpServerOptions().setHost(address).setPort(port))
            .requestHandler(router)
            .listen()
            .map(listening -> {
              server = listening;
              return listening.actualPort();
            })
            .recover(failure -> {
              LOG.atError()
                  .addKeyValue("address", address)
                  .addKeyValue("port", port)
                  .addKeyValue("why", failure.getMessage())
                  .log(
                      "Failed to start healthz server: free the port, or choose another"
                          + " healthzPort or healthzBindAddress");
              return Future.succeededFuture(0);
            }));
  }

  public Uni<Void> stop() {
    return Adapters.uni(() -> {
      HttpServer running = server;
      server = null;
      return running == null ? Future.succeededFuture() : running.close();
    });
  }
}
