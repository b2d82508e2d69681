package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.RequestMonitor;
import io.vertx.core.Handler;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/** Tells of requests under a bounded number of names, whatever is asked for. */
final class MonitorHandler implements Handler<RoutingContext> {
  private static final Set<String> METHODS =
      Set.of("OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT");
  private static final Set<String> PATHS =
      Set.of(
          "attach",
          "checkpoint",
          "configz",
          "containerLogs",
          "debug",
          "exec",
          "flagz",
          "healthz",
          "logs",
          "metrics",
          "metrics/cadvisor",
          "metrics/probes",
          "metrics/resource",
          "metrics/slis",
          "pods",
          "portForward",
          "run",
          "runningpods",
          "stats",
          "statusz");
  private static final Set<String> LONG = Set.of("attach", "debug", "exec", "portForward");

  private static final String OVER = MonitorHandler.class.getName();

  private final RequestMonitor monitor;

  MonitorHandler(RequestMonitor monitor) {
    this.monitor = monitor;
  }

  @Override
  public void handle(RoutingContext rc) {
    String method = rc.request().method().name();
    String path = path(rc.normalizedPath());
    Runnable over =
        monitor.begun(METHODS.contains(method) ? method : "other", path, LONG.contains(path));
    AtomicBoolean told = new AtomicBoolean();
    Runnable once =
        () -> {
          if (told.compareAndSet(false, true)) {
            over.run();
          }
        };
    rc.put(OVER, once);
    rc.addEndHandler(_ -> once.run());
    rc.next();
  }

  /** The request has taken its connection over: it is over when that is. */
  static void upgraded(RoutingContext rc) {
    Runnable over = rc.get(OVER);
    if (over != null && rc.request().connection() instanceof Http1xServerConnection connection) {
      connection.channelHandlerContext().channel().closeFuture().addListener(_ -> over.run());
    }
  }

  /** The first part; of metrics the second, too. */
  static String path(String path) {
    String[] parts = path.substring(1).split("/", 3);
    String root =
        parts[0].equals("metrics") && parts.length > 1 ? parts[0] + "/" + parts[1] : parts[0];
    return PATHS.contains(root) ? root : "other";
  }
}
