package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.flowcontrol.Flow;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.flowcontrol.Guest;
import dev.coracle.apiserver.internal.flowcontrol.Ticket;
import dev.coracle.apiserver.internal.flowcontrol.WorkEstimate;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.QueryOptions;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.http.RequestKinds;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Lets requests run when their priority level has seats, else they wait their turn or get 429. A
 * watch has its seats until its answer begins, or until the initial events that it asked for are
 * told; other streams have none. Counts what is in flight.
 */
final class FlowControlFilter implements Filter {

  /** Upstream's answer, to the letter: text with a line's end, and no Status. */
  private static final String TOO_MANY = "Too many requests, please try again later.\n";

  private final ApiServerMetrics metrics;
  private final FlowControl flows;

  FlowControlFilter(ApiServerMetrics metrics, FlowControl flows) {
    this.metrics = metrics;
    this.flows = flows;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    RequestInfo info = exchange.info();
    if (!info.longRunning()) {
      AtomicInteger running = metrics.inFlight(info.mutating());
      running.incrementAndGet();
      AtomicBoolean counted = new AtomicBoolean(true);
      Runnable out =
          () -> {
            if (counted.getAndSet(false)) {
              running.decrementAndGet();
            }
          };
      exchange.whenUpgraded(out);
      exchange.whenEnded(out);
    } else if (!info.verb().equals("watch")) {
      next.run();
      return;
    }
    Flow flow = flows.classify(exchange.user(), info);
    exchange.response().putHeader("X-Kubernetes-PF-FlowSchema-UID", flow.schemaUid());
    exchange.response().putHeader("X-Kubernetes-PF-PriorityLevel-UID", flow.levelUid());
    WatchOptions watch = watch(exchange);
    Ticket ticket = flows.enter(flow, exchange.user(), info, cost(exchange, flow, watch));
    exchange.whenUpgraded(ticket::leave);
    exchange.whenEnded(ticket::leave);
    if (watch != null) {
      Runnable forget = flows.watches().register(info, watch);
      exchange.whenEnded(forget);
    }
    if (watch != null && watch.sendInitialEvents() && watch.allowBookmarks()) {
      exchange.whenInitialEventsAreTold(ticket::leave);
    } else if (info.longRunning()) {
      exchange.context().addHeadersEndHandler(_ -> ticket.leave());
    }
    if (ticket.runs()) {
      next.run();
      return;
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    long since = System.nanoTime();
    ticket.then(
        new Guest() {
          @Override
          public void go() {
            exchange.time().waited(System.nanoTime() - since);
            on(context, next);
          }

          @Override
          public void refused(String reason, int retryAfterSeconds) {
            on(context, () -> refuse(exchange, retryAfterSeconds));
          }
        });
  }

  private void refuse(Exchange exchange, int retryAfterSeconds) {
    metrics.rejected(exchange.info().mutating());
    metrics.requests().terminated(RequestKinds.of(exchange), 429);
    exchange
        .response()
        .putHeader("Retry-After", Integer.toString(retryAfterSeconds))
        .putHeader("X-Content-Type-Options", "nosniff");
    Responder.text(exchange, 429, TOO_MANY);
  }

  /** Null for what is none, or cannot be read as one and will be refused. */
  private static @Nullable WatchOptions watch(Exchange exchange) {
    if (!exchange.info().verb().equals("watch")) {
      return null;
    }
    try {
      return QueryOptions.watch(exchange);
    } catch (StatusException wrong) {
      return null;
    }
  }

  private WorkEstimate cost(Exchange exchange, Flow flow, @Nullable WatchOptions watch) {
    RequestInfo info = exchange.info();
    if (watch != null) {
      return flows.estimator().watch(flow, info, watch);
    }
    if (!info.verb().equals("list")) {
      return flows.estimator().other(flow, info);
    }
    try {
      return flows.estimator().list(flow, info, QueryOptions.list(exchange));
    } catch (StatusException wrong) {
      return flows.estimator().unreadable(flow);
    }
  }

  private static void on(Context context, Runnable work) {
    if (Vertx.currentContext() == context) {
      work.run();
    } else {
      context.runOnContext(_ -> work.run());
    }
  }
}
