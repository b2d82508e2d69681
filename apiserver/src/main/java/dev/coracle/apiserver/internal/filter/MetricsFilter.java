package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.RequestMeters;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.http.RequestKinds;

/** Counts and times requests when their answer ends. */
final class MetricsFilter implements Filter {

  private final ApiServerMetrics metrics;

  MetricsFilter(ApiServerMetrics metrics) {
    this.metrics = metrics;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    exchange.whenEnded(() -> finished(exchange));
    next.run();
  }

  private void finished(Exchange exchange) {
    RequestInfo info = exchange.info();
    RequestMeters.Kind kind = RequestKinds.of(exchange);
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
}
