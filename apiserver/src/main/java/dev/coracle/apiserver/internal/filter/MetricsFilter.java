package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.Locale;

/** Counts and times requests when their answer ends. */
final class MetricsFilter implements Filter {

  private final ApiServerMetrics metrics;

  MetricsFilter(ApiServerMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    exchange
        .context()
        .addEndHandler(_ -> {
          RequestInfo info = exchange.info();
          int code = exchange.upgraded() ? 101 : exchange.response().getStatusCode();
          boolean known = info.resourceRequest() && code != 404;
          metrics.request(
              info.resourceRequest() ? info.verb().toUpperCase(Locale.ROOT) : "CONNECT",
              known ? info.group() : "",
              known ? info.version() : "",
              known ? info.resource() : "",
              known ? info.subresource() : "",
              code,
              System.nanoTime() - exchange.startNanos(),
              known && !info.longRunning());
        });
    next.run();
  }
}
