package dev.coracle.apiserver.internal.identity;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sign of life in the store: made when the server starts, renewed as long as it runs, and removed
 * when it ends. A failure is told and tried again. Safe on any thread.
 */
final class Heartbeat {

  private static final double JITTER = 0.04;
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration END = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Heartbeat.class);

  private final Vertx vertx;
  private final String what;
  private final Duration period;
  private final Supplier<Uni<?>> make;
  private final Supplier<Uni<?>> renew;
  private final Supplier<Uni<?>> remove;
  private Uni<?> work = Uni.createFrom().voidItem();
  private boolean working;
  private long timer = -1;
  private boolean running;

  /**
   * @param what for the log
   */
  Heartbeat(
      Vertx vertx,
      String what,
      Duration period,
      Supplier<Uni<?>> make,
      Supplier<Uni<?>> renew,
      Supplier<Uni<?>> remove) {
    this.vertx = vertx;
    this.what = what;
    this.period = period;
    this.make = make;
    this.renew = renew;
    this.remove = remove;
  }

  /** Completes when the sign was made, or could not be. */
  synchronized Uni<Void> start() {
    if (!running) {
      running = true;
      then(make.get());
    }
    return work.onFailure().recoverWithNull().replaceWithVoid();
  }

  /** Renews it now and not only at its time. */
  synchronized void beat() {
    if (running && !working) {
      vertx.cancelTimer(timer);
      then(renew.get());
    }
  }

  /** The sign goes, where the store can be reached in time. */
  Uni<Void> stop() {
    Uni<?> last;
    synchronized (this) {
      if (!running) {
        return Uni.createFrom().voidItem();
      }
      running = false;
      vertx.cancelTimer(timer);
      last = work;
    }
    return last.onFailure()
        .recoverWithNull()
        .chain(() -> remove.get().replaceWithVoid())
        .ifNoItem()
        .after(END)
        .fail()
        .onFailure()
        .recoverWithNull();
  }

  private void then(Uni<?> next) {
    working = true;
    work = next.memoize().indefinitely();
    work.subscribe()
        .with(
            _ -> next(period),
            e -> {
              LOG.atWarn()
                  .addKeyValue("what", what)
                  .addKeyValue("why", e.getMessage())
                  .log("A sign of life could not be renewed");
              next(AGAIN.compareTo(period) < 0 ? AGAIN : period);
            });
  }

  private synchronized void next(Duration delay) {
    working = false;
    if (running) {
      double chance = 1 + JITTER * RandomGenerator.getDefault().nextDouble();
      timer = vertx.setTimer((long) (delay.toMillis() * chance), _ -> beat());
    }
  }
}
