package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.logs.ContainerLogStreams;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.FileSystemAccess;
import io.vertx.ext.web.handler.StaticHandler;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every route of the kubelet's API, in one place. The order is: authentication and authorisation, then the route. */
public final class KubeletRoutes {
  /** Every WebSocket subprotocol that some route speaks. */
  public static final List<String> WEBSOCKET_PROTOCOLS = List.of();

  private static final Logger log = LoggerFactory.getLogger(KubeletRoutes.class);

  private final Router router;

  public KubeletRoutes(
      Vertx vertx, KubeletServerOptions options, KubeletServerBackend backend, InstantSource clock) {
    router = Router.router(vertx);
    router.route().handler(new AuthFilter(vertx, backend.auth(), options));
    router
        .get("/containerLogs/:namespace/:pod/:container")
        .handler(new LogsHandler(vertx, backend.pods(), options, clock, new ContainerLogStreams()));
    new DocumentRoutes(vertx, backend.documents()).mount(router);
    options.logDirectory().ifPresent(
        directory ->
            router
                .get("/logs/*")
                .handler(
                    StaticHandler.create(FileSystemAccess.ROOT, directory.toAbsolutePath().toString())
                        .setDirectoryListing(true)
                        .setCachingEnabled(false)
                        .setIncludeHidden(false)));
    router.errorHandler(404, rc -> Replies.text(rc, 404, "404 page not found\n"));
    router.errorHandler(
        500,
        rc -> {
          Throwable failure = rc.failure();
          log.atError().setCause(failure).addKeyValue("path", rc.normalizedPath()).log("Request failed");
          Replies.text(rc, 500, failure == null ? "internal error" : Replies.message(failure));
        });
  }

  public Router router() {
    return router;
  }

  /** Ends what outlives requests. */
  public void close() {}
}
