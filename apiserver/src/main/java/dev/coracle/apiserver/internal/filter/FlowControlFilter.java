package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets requests run when their priority level has a seat, else they wait their turn or get 429. A
 * watch has a seat until its answer begins; other streams have none. Counts what is in flight.
 */
final class FlowControlFilter implements Filter {

  private static final String TOO_MANY = "too many requests, please try again later";

  private final ApiServerMetrics metrics;
  private final FlowControl flows;

  FlowControlFilter(ApiServerMetrics metrics, FlowControl flows) {
    this.metrics = metrics;
    this.flows = flows;
  }

  /** Gives the seat back, whichever of several ends comes first. Belongs to the event loop. */
  private static final class Seat {
    private Runnable leave = () -> {};
    private boolean left;

    void taken(Runnable back) {
      if (left) {
        back.run();
      } else {
        leave = back;
      }
    }

    void leave() {
      if (!left) {
        left = true;
        leave.run();
      }
    }
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    RequestInfo info = exchange.info();
    AtomicInteger running =
        info.longRunning() ? metrics.longRunning() : metrics.inFlight(info.mutating());
    running.incrementAndGet();
    exchange.context().addEndHandler(_ -> running.decrementAndGet());
    if (info.longRunning() && !info.verb().equals("watch")) {
      next.run();
      return;
    }
    FlowControl.Flow flow = flows.classify(exchange.user(), info);
    exchange.response().putHeader("X-Kubernetes-PF-FlowSchema-UID", flow.schemaUid());
    exchange.response().putHeader("X-Kubernetes-PF-PriorityLevel-UID", flow.levelUid());
    Seat seat = new Seat();
    exchange.context().addEndHandler(_ -> seat.leave());
    if (info.longRunning()) {
      exchange.context().addHeadersEndHandler(_ -> seat.leave());
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    seat.taken(
        flows.enter(
            flow,
            exchange.user(),
            info,
            () -> on(context, next),
            _ ->
                on(
                    context,
                    () -> {
                      metrics.rejected(info.mutating());
                      Responder.failure(exchange, StatusException.tooManyRequests(TOO_MANY, 1));
                    })));
  }

  private static void on(Context context, Runnable work) {
    if (Vertx.currentContext() == context) {
      work.run();
    } else {
      context.runOnContext(_ -> work.run());
    }
  }
}
