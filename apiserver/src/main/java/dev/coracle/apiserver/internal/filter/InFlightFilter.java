package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Takes on only so many requests at a time, reads and writes counted apart. Watches and streams do
 * not count, and neither do masters, so that an administrator always gets in.
 */
final class InFlightFilter implements Filter {

  private final ApiServerMetrics metrics;
  private final Limits limits;

  InFlightFilter(ApiServerMetrics metrics, Limits limits) {
    this.metrics = metrics;
    this.limits = limits;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    RequestInfo info = exchange.info();
    if (info.longRunning()) {
      AtomicInteger running = metrics.longRunning();
      running.incrementAndGet();
      exchange.context().addEndHandler(_ -> running.decrementAndGet());
      next.run();
      return;
    }
    boolean mutating = info.mutating();
    AtomicInteger inFlight = metrics.inFlight(mutating);
    int now = inFlight.incrementAndGet();
    exchange.context().addEndHandler(_ -> inFlight.decrementAndGet());
    int most = mutating ? limits.maxWrites() : limits.maxReads();
    if (now > most && !exchange.user().in(UserInfo.MASTERS)) {
      metrics.rejected(mutating);
      throw StatusException.tooManyRequests("too many requests, please try again later", 1);
    }
    next.run();
  }
}
