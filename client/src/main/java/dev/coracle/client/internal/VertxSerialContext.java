package dev.coracle.client.internal;

import dev.coracle.client.SerialContext;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A SerialContext on an event loop; its timers are the event loop's own, in nanoseconds. */
public final class VertxSerialContext implements SerialContext {

  private final ContextInternal context;

  private VertxSerialContext(ContextInternal context) {
    this.context = context;
  }

  public static VertxSerialContext create(Vertx vertx) {
    return new VertxSerialContext(((VertxInternal) vertx).createEventLoopContext());
  }

  @Override
  public void execute(Runnable task) {
    context.runOnContext(_ -> task.run());
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    long nanos = delay.toNanos();
    if (nanos <= 0) {
      execute(task);
      return () -> {};
    }
    try {
      ScheduledFuture<?> future =
          context.nettyEventLoop().schedule(() -> execute(task), nanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {}; // The event loop has ended, and all its timers with it.
    }
  }

  @Override
  public Clock clock() {
    return Clock.systemUTC();
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }
}
