package dev.coracle.apiserver.internal;

import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.flowcontrol.Flow;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.flowcontrol.FlowRequest;
import dev.coracle.apiserver.internal.flowcontrol.Guest;
import dev.coracle.apiserver.internal.flowcontrol.Ticket;
import dev.coracle.apiserver.internal.flowcontrol.UserFlows;
import dev.coracle.apiserver.internal.flowcontrol.WorkEstimate;
import dev.coracle.apiserver.internal.flowcontrol.WorkEstimator;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Priority and fairness for one user's calls inside the process: the same flows, levels and seats
 * as over HTTP. Where there is a seat, the call goes on at once on its own thread. Where it has to
 * wait, nothing is blocked: it goes on later on the context it was made on, or on a virtual thread.
 * Who is turned away tries again as Kubernetes' own clients do, so components need not know of it.
 */
final class FairCalls {

  /** As often as client-go. */
  private static final int MOST_TRIES = 10;

  private static final String TOO_MANY = "too many requests, please try again later";

  private final Vertx vertx;
  private final FlowControl flows;
  private final UserInfo user;
  private final UserFlows own;

  FairCalls(Vertx vertx, FlowControl flows, UserInfo user) {
    this.vertx = vertx;
    this.flows = flows;
    this.user = user;
    this.own = flows.flowsOf(user);
  }

  WorkEstimator estimator() {
    return flows.estimator();
  }

  /** Does the work when there is a seat, and gives that back when the work has ended. */
  <T> Uni<T> run(FlowRequest request, Function<Flow, WorkEstimate> cost, Supplier<Uni<T>> work) {
    Flow flow = own.classify(request);
    WorkEstimate estimate = cost.apply(flow);
    Ticket ticket = flows.enter(flow, user, request, estimate);
    return ticket.runs()
        ? seated(ticket, work)
        : waiting(ticket, estimate).chain(seat -> seat.use(t -> seated(t, work)));
  }

  private static <T> Uni<T> seated(Ticket ticket, Supplier<Uni<T>> work) {
    try {
      return work.get().onTermination().invoke(ticket::leave);
    } catch (RuntimeException e) {
      ticket.leave();
      throw e;
    }
  }

  /** A watch has its seat until it has begun; with initial events, until those are told. */
  Multi<WatchEvent> watch(
      FlowRequest request, WatchOptions options, Supplier<Multi<WatchEvent>> work) {
    Flow flow = own.classify(request);
    WorkEstimate estimate = flows.estimator().watch(flow, request, options);
    Ticket ticket = flows.enter(flow, user, request, estimate);
    return ticket.runs()
        ? seated(ticket, request, options, work)
        : waiting(ticket, estimate)
            .onItem()
            .transformToMulti(seat -> seat.useMulti(t -> seated(t, request, options, work)));
  }

  private Multi<WatchEvent> seated(
      Ticket ticket, FlowRequest request, WatchOptions options, Supplier<Multi<WatchEvent>> work) {
    Multi<WatchEvent> events;
    try {
      events = work.get();
    } catch (RuntimeException e) {
      ticket.leave();
      throw e;
    }
    Runnable forget = flows.watches().register(request, options);
    if (!options.sendInitialEvents() || !options.allowBookmarks()) {
      ticket.leave();
      return events.onTermination().invoke(forget);
    }
    return events
        .onItem()
        .invoke(event -> {
          if (event instanceof WatchEvent.Bookmark b && b.initialEventsEnd()) {
            ticket.leave();
          }
        })
        .onTermination()
        .invoke(() -> {
          ticket.leave();
          forget.run();
        });
  }

  private Uni<Seat> waiting(Ticket ticket, WorkEstimate estimate) {
    Context context = Vertx.currentContext();
    return Uni.createFrom()
        .emitter(emitter -> new Seat(ticket, estimate, context, emitter).begin());
  }

  /** The wait for a seat. Guarded by itself, as it is cancelled on any thread. */
  private final class Seat implements Guest {

    private final WorkEstimate estimate;
    private final @Nullable Context context;
    private final UniEmitter<? super Seat> emitter;
    private Ticket ticket;
    private int tries = 1;
    private long timer = -1;
    private boolean used;
    private boolean cancelled;

    Seat(
        Ticket ticket,
        WorkEstimate estimate,
        @Nullable Context context,
        UniEmitter<? super Seat> emitter) {
      this.ticket = ticket;
      this.estimate = estimate;
      this.context = context;
      this.emitter = emitter;
    }

    void begin() {
      emitter.onTermination(this::cancel);
      ticket.then(this);
    }

    <T> Uni<T> use(Function<Ticket, Uni<T>> work) {
      return work.apply(taken());
    }

    Multi<WatchEvent> useMulti(Function<Ticket, Multi<WatchEvent>> work) {
      return work.apply(taken());
    }

    private synchronized Ticket taken() {
      used = true;
      return ticket;
    }

    @Override
    public void go() {
      Runnable on =
          () -> {
            emitter.complete(this);
            cancelUnlessUsed();
          };
      if (context == null) {
        Thread.startVirtualThread(on);
      } else {
        context.runOnContext(_ -> on.run());
      }
    }

    @Override
    public synchronized void refused(String reason, int retryAfterSeconds) {
      if (cancelled) {
        return;
      }
      if (tries++ >= MOST_TRIES) {
        emitter.fail(StatusException.tooManyRequests(TOO_MANY, retryAfterSeconds));
        return;
      }
      timer = vertx.setTimer(retryAfterSeconds * 1000L, _ -> again());
    }

    private void again() {
      Ticket next;
      synchronized (this) {
        if (cancelled) {
          return;
        }
        // Classified anew: what its schema and level are may have changed.
        next = flows.enter(own.classify(ticket.request()), user, ticket.request(), estimate);
        ticket = next;
      }
      next.then(this);
    }

    private void cancel() {
      synchronized (this) {
        if (used) {
          return;
        }
        cancelled = true;
      }
      vertx.cancelTimer(timer);
      cancelUnlessUsed();
    }

    private void cancelUnlessUsed() {
      Ticket left;
      synchronized (this) {
        if (used) {
          return;
        }
        left = ticket;
      }
      left.leave();
    }
  }
}
