package dev.coracle.apiserver.internal.http;

import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The end of a server that cuts nobody off: what was let in is answered, watches end as if their
 * time were over, and whoever comes later is turned away. Safe on any thread.
 */
public final class GracefulTermination {

  /** However long they may take in all. */
  private static final int FEWEST_WATCHES_A_SECOND = 200;

  private final Vertx vertx;
  private final Shutdown options;
  private final AtomicLong inFlight = new AtomicLong();
  private final Set<Runnable> watches = ConcurrentHashMap.newKeySet();
  private final Promise<Void> answered = Promise.promise();
  private final Promise<Void> unwatched = Promise.promise();
  private volatile boolean draining;

  public GracefulTermination(Vertx vertx, Shutdown options) {
    this.vertx = vertx;
    this.options = options;
  }

  /** Whether those that are turned away are told to come again later. */
  public boolean sendsRetryAfter() {
    return options.sendRetryAfter();
  }

  public boolean isDraining() {
    return draining;
  }

  /** For how long all is served yet, once the end has begun. */
  public Future<Void> delay() {
    long millis = options.delay().toMillis();
    return millis == 0 ? Future.succeededFuture() : vertx.timer(millis).mapEmpty();
  }

  /** Lets a request in whose end {@link #done} tells; false where none is let in any more. */
  public boolean begin() {
    inFlight.incrementAndGet();
    if (draining) {
      done();
      return false;
    }
    return true;
  }

  public void done() {
    if (inFlight.decrementAndGet() == 0 && draining) {
      answered.tryComplete();
    }
  }

  /**
   * @param end ends a watch; may be called on any thread, and after its end
   */
  public void watching(Runnable end) {
    watches.add(end);
    if (draining && watches.contains(end)) {
      end.run();
    }
  }

  public void watched(Runnable end) {
    watches.remove(end);
    if (draining && watches.isEmpty()) {
      unwatched.tryComplete();
    }
  }

  /**
   * Lets nobody in any more. Completes when what was let in is answered, or is late.
   *
   * @param longest how long a request may take
   */
  public Future<Void> drain(Duration longest) {
    draining = true;
    if (inFlight.get() == 0) {
      answered.tryComplete();
    }
    List<Runnable> now = List.copyOf(watches);
    Duration grace = options.watchGrace();
    if (grace.isZero()) {
      now.forEach(Runnable::run);
      return atMost(answered.future(), longest);
    }
    if (now.isEmpty()) {
      unwatched.tryComplete();
    }
    double rate = Math.max(FEWEST_WATCHES_A_SECOND, now.size() * 1000.0 / grace.toMillis());
    for (int i = 0; i < now.size(); i++) {
      Runnable end = now.get(i);
      vertx.setTimer(1 + (long) (i * 1000 / rate), _ -> end.run());
    }
    return Future.join(atMost(answered.future(), longest), atMost(unwatched.future(), grace))
        .mapEmpty();
  }

  private static Future<Void> atMost(Future<Void> awaited, Duration longest) {
    return awaited
        .timeout(Math.max(1, longest.toMillis()), TimeUnit.MILLISECONDS)
        .recover(late ->
            late instanceof TimeoutException
                ? Future.succeededFuture()
                : Future.failedFuture(late));
  }
}
