package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.GracefulTermination;
import dev.coracle.apiserver.internal.http.Responder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Turns away who comes when the server ends, and asks them to connect anew: a load balancer sends
 * them to another server. Who asks for the server's health is told it yet.
 */
final class TerminationFilter implements Filter {

  private static final List<String> SERVED_YET =
      List.of("/readyz", "/livez", "/healthz", "/metrics");

  private final GracefulTermination termination;

  TerminationFilter(GracefulTermination termination) {
    this.termination = termination;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    String path = exchange.info().path();
    if (SERVED_YET.stream().anyMatch(path::startsWith)) {
      next.run();
    } else if (exchange.info().longRunning()) {
      if (termination.isDraining()) {
        refuse(exchange);
        return;
      }
      List<Runnable> ends = new ArrayList<>(1);
      exchange.whenWatching(end -> {
        ends.add(end);
        termination.watching(end);
      });
      exchange.whenEnded(() -> ends.forEach(termination::watched));
      next.run();
    } else if (termination.begin()) {
      AtomicBoolean underWay = new AtomicBoolean(true);
      Runnable done =
          () -> {
            if (underWay.getAndSet(false)) {
              termination.done();
            }
          };
      exchange.whenUpgraded(done);
      exchange.whenEnded(done);
      next.run();
    } else {
      refuse(exchange);
    }
  }

  private void refuse(Exchange exchange) {
    exchange.askToReconnect();
    if (termination.sendsRetryAfter()) {
      exchange.response().putHeader("Retry-After", "5");
      Responder.text(exchange, 429, "The apiserver is shutting down, please try again later.\n");
    } else {
      exchange.response().putHeader("Retry-After", "1");
      Responder.failure(exchange, StatusException.unavailable("apiserver is shutting down"));
    }
  }
}
