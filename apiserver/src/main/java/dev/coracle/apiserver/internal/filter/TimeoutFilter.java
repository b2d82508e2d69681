package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Vertx;
import java.time.Duration;

/** Answers 504 for whatever takes too long, watches and streams aside. */
final class TimeoutFilter implements Filter {

  private final Vertx vertx;
  private final long millis;

  TimeoutFilter(Vertx vertx, Duration timeout) {
    this.vertx = vertx;
    this.millis = timeout.toMillis();
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    if (!exchange.info().longRunning()) {
      long timer =
          vertx.setTimer(
              millis,
              _ ->
                  Responder.failure(
                      exchange,
                      StatusException.of(
                          StatusReason.TIMEOUT,
                          "request did not complete within the allotted timeout")));
      exchange.context().addEndHandler(_ -> vertx.cancelTimer(timer));
    }
    next.run();
  }
}
