package dev.coracle.client;

import dev.coracle.client.internal.VertxSerialContext;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Where a component's mutable state lives: tasks run one after the other, in the order in which
 * they were given, never two at once, so nothing that is touched only from here needs a lock.
 * Timers run here too. Safe to call from any thread; a task never runs inside the call that gives
 * it.
 *
 * <p>On Vert.x this is an event loop, so tasks must not block. Unit tests use {@link
 * dev.coracle.client.fake.ManualContext}, whose time stands still until it is moved.
 */
public interface SerialContext extends Executor {

  /** A timer that was set; cancelling one that ran already is harmless. */
  @FunctionalInterface
  interface Timer {
    void cancel();
  }

  /** Runs the task here after the delay, at once for a delay of zero or less. */
  Timer schedule(Duration delay, Runnable task);

  /** The wall clock that belongs to the timers. */
  Clock clock();

  /** A monotonic time in nanoseconds, to measure with. */
  long nanoTime();

  /** A new event loop context of this Vert.x, not shared with any other component. */
  static SerialContext of(Vertx vertx) {
    return VertxSerialContext.create(vertx);
  }
}
