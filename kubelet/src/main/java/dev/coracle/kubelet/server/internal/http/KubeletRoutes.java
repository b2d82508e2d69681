package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.RequestMonitor;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.logs.ContainerLogStreams;
import dev.coracle.kubelet.server.internal.nodelogs.NodeLogFiles;
import dev.coracle.kubelet.server.internal.stream.RuntimeDialer;
import dev.coracle.kubelet.server.internal.stream.UpgradeClient;
import dev.coracle.tracing.Tracing;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every route of the kubelet's API, in one place. The order is: what is measured, authentication
 * and authorisation, then the route.
 */
public final class KubeletRoutes {
  private static final Logger log = LoggerFactory.getLogger(KubeletRoutes.class);

  /** What there is of debugging handlers, as upstream calls them. */
  private static final List<String> DISABLED =
      List.of(
          "/run/*",
          "/exec/*",
          "/attach/*",
          "/portForward/*",
          "/containerLogs/*",
          "/runningpods",
          "/runningpods/*",
          "/logs/*",
          "/debug/*");

  private static final List<String> JOURNALCTL = List.of("journalctl");

  private final Router router;
  private final UpgradeClient upgrades;
  private final Optional<NodeLogsHandler> nodeLogs;

  public KubeletRoutes(
      Vertx vertx,
      KubeletServerOptions options,
      KubeletServerBackend backend,
      InstantSource clock,
      Tracing tracing,
      RequestMonitor monitor) {
    router = Router.router(vertx);
    router.route().handler(new MonitorHandler(monitor));
    router.route().handler(new AuthFilter(vertx, backend.auth(), options));
    if (tracing.on()) {
      router.route().handler(new TracingHandler(tracing));
    }
    if (!options.debugging()) {
      DISABLED.forEach(path ->
          router
              .route(path)
              .handler(rc -> Replies.text(rc, 405, "Debug endpoints are disabled.\n")));
    }
    router
        .get("/containerLogs/:namespace/:pod/:container")
        .handler(new LogsHandler(vertx, backend.pods(), options, clock, new ContainerLogStreams()));
    upgrades =
        new UpgradeClient(vertx, options.streamCreationTimeout(), options.streamIdleTimeout());
    RuntimeDialer dialer = new RuntimeDialer(upgrades);
    StreamSlots slots = new StreamSlots(options.maxStreams());
    RemoteCommandHandler exec =
        new RemoteCommandHandler(vertx, options, backend, dialer, slots, true);
    RemoteCommandHandler attach =
        new RemoteCommandHandler(vertx, options, backend, dialer, slots, false);
    stream("/exec/:namespace/:pod/:container", exec);
    stream("/exec/:namespace/:pod/:uid/:container", exec);
    stream("/attach/:namespace/:pod/:container", attach);
    stream("/attach/:namespace/:pod/:uid/:container", attach);
    PortForwardHandler forward = new PortForwardHandler(vertx, options, backend, dialer, slots);
    stream("/portForward/:namespace/:pod", forward);
    stream("/portForward/:namespace/:pod/:uid", forward);
    RunHandler run = new RunHandler(vertx, backend);
    router.post("/run/:namespace/:pod/:container").handler(run);
    router.post("/run/:namespace/:pod/:uid/:container").handler(run);
    router
        .post("/checkpoint/:namespace/:pod/:container")
        .handler(new CheckpointHandler(vertx, backend));
    new DocumentRoutes(vertx, backend.documents()).mount(router);
    new PageRoutes(backend.documents().flags(), clock).mount(router);
    nodeLogs =
        options
            .logDirectory()
            .map(directory ->
                new NodeLogsHandler(
                    vertx,
                    new NodeLogFiles(directory),
                    options.logQueries() ? Optional.of(JOURNALCTL) : Optional.empty()));
    nodeLogs.ifPresent(handler -> router.get("/logs/*").handler(handler));
    router.errorHandler(404, rc -> Replies.text(rc, 404, "404 page not found\n"));
    router.errorHandler(
        500,
        rc -> {
          Throwable failure = rc.failure();
          log.atError()
              .setCause(failure)
              .addKeyValue("path", rc.normalizedPath())
              .log("Request failed");
          Replies.text(rc, 500, failure == null ? "internal error" : Replies.message(failure));
        });
  }

  private void stream(String path, Handler<RoutingContext> handler) {
    router.get(path).handler(handler);
    router.post(path).handler(handler);
  }

  public Router router() {
    return router;
  }

  /** Ends what outlives requests. */
  public void close() {
    upgrades.close();
    nodeLogs.ifPresent(NodeLogsHandler::close);
  }
}
