package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.RequestMeters;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.Set;

/** Counts and times requests when their answer ends. */
final class MetricsFilter implements Filter {

  private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");

  private final ApiServerMetrics metrics;

  MetricsFilter(ApiServerMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    exchange.context().addEndHandler(_ -> finished(exchange));
    next.run();
  }

  private void finished(Exchange exchange) {
    RequestInfo info = exchange.info();
    RequestMeters.Kind kind = kind(exchange);
    int code = exchange.upgraded() ? 101 : exchange.response().getStatusCode();
    RequestMeters requests = metrics.requests();
    requests.counted(kind, code);
    if (exchange.served() && !info.longRunning()) {
      requests.timed(kind, System.nanoTime() - exchange.startNanos(), exchange.time().elsewhere());
      if (kind.verb().equals("GET") || kind.verb().equals("LIST")) {
        requests.sized(kind, exchange.response().bytesWritten());
      }
    }
  }

  /**
   * What nobody serves, or who asks may not know of, is told apart by its verb alone: else anybody
   * could make as many series as there are names.
   */
  private static RequestMeters.Kind kind(Exchange exchange) {
    RequestInfo info = exchange.info();
    String method = exchange.request().method().name();
    if (!exchange.served()) {
      return new RequestMeters.Kind(
          METHODS.contains(method) ? method : "other", "", "", "", "", "", "");
    }
    return new RequestMeters.Kind(
        verb(exchange, method),
        dryRun(exchange),
        info.group(),
        info.version(),
        info.resource(),
        info.subresource(),
        scope(info, method));
  }

  private static String verb(Exchange exchange, String method) {
    RequestInfo info = exchange.info();
    if (info.verb().equals("watch")) {
      return "WATCH";
    }
    if (info.longRunning()) {
      return "CONNECT";
    }
    return switch (method) {
      case "GET", "HEAD" -> info.name().isEmpty() ? "LIST" : "GET";
      case "PATCH" ->
          exchange.header("Content-Type").equals("application/apply-patch+yaml")
              ? "APPLY"
              : "PATCH";
      default -> METHODS.contains(method) ? method : "other";
    };
  }

  private static String dryRun(Exchange exchange) {
    String said = exchange.query("dryRun");
    return said.isEmpty() || said.equals("All") ? said : "invalid";
  }

  private static String scope(RequestInfo info, String method) {
    if (!info.name().isEmpty() || method.equals("POST")) {
      return "resource";
    }
    return info.namespace().isEmpty() ? "cluster" : "namespace";
  }
}
