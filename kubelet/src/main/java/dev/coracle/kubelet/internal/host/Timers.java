package dev.coracle.kubelet.internal.host;

import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kubelet's one wheel of timers and its virtual threads. One platform thread sleeps until the
 * next deadline and hands the task to a virtual thread, where it may block. Deadlines of a second
 * and more are rounded up to whole twentieths of a second, so that the probes of many pods wake the
 * machine together. Nothing runs while nothing is due.
 */
public final class Timers implements Executor, AutoCloseable {
  /** Stops a timer; harmless when it ran already. */
  @FunctionalInterface
  public interface Handle {
    void cancel();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Timers.class);
  private static final long SLOT = 50;

  private final Clock clock;
  private final ScheduledThreadPoolExecutor wheel;
  private final boolean ownWheel;
  private final String name;
  private volatile boolean closed;

  public Timers(String name, Clock clock) {
    this(name, clock, wheel(name), true);
  }

  private Timers(String name, Clock clock, ScheduledThreadPoolExecutor wheel, boolean ownWheel) {
    this.name = name;
    this.clock = clock;
    this.wheel = wheel;
    this.ownWheel = ownWheel;
  }

  private static ScheduledThreadPoolExecutor wheel(String name) {
    ScheduledThreadPoolExecutor wheel =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name(name + "-timers").factory());
    wheel.setRemoveOnCancelPolicy(true);
    wheel.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return wheel;
  }

  /** Timers of their own on this one's thread, for many kubelets in one process. */
  public Timers sharing(String otherName) {
    return new Timers(otherName, clock, wheel, false);
  }

  public Clock clock() {
    return clock;
  }

  /** Runs on a new virtual thread; a failure that escapes is logged. */
  @Override
  public void execute(Runnable task) {
    if (closed || wheel.isShutdown()) {
      throw new RejectedExecutionException("the kubelet is stopped");
    }
    spawn(task);
  }

  private void spawn(Runnable task) {
    if (closed) {
      return;
    }
    Thread.ofVirtual()
        .name(name)
        .start(() -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("A task of the kubelet failed");
          }
        });
  }

  /** Runs once after the delay, on a virtual thread. */
  public Handle after(Duration delay, Runnable task) {
    long ms = Math.max(0, delay.toMillis());
    if (ms >= 1000) {
      long due = System.nanoTime() / 1_000_000 + ms;
      ms += (SLOT - due % SLOT) % SLOT;
    }
    try {
      var future = wheel.schedule(() -> spawn(task), ms, TimeUnit.MILLISECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
  }

  /** Completes after a while, on a virtual thread. */
  public Uni<Void> pause(Duration delay) {
    return Uni.createFrom()
        .emitter(
            waiting -> waiting.onTermination(after(delay, () -> waiting.complete(null))::cancel));
  }

  /** Runs again and again, each time the given while after the last run ended. */
  public Handle every(Duration period, Runnable task) {
    return every(period, period, task);
  }

  /**
   * @param first how long until the first run
   */
  public Handle every(Duration first, Duration period, Runnable task) {
    Repeating repeating = new Repeating(period, task);
    repeating.arm(first);
    return repeating;
  }

  private final class Repeating implements Handle {
    private final Duration period;
    private final Runnable task;
    private volatile boolean over;
    private volatile Handle next = () -> {};

    Repeating(Duration period, Runnable task) {
      this.period = period;
      this.task = task;
    }

    void arm(Duration delay) {
      if (!over) {
        next = after(delay, this::run);
      }
    }

    private void run() {
      if (over) {
        return;
      }
      try {
        task.run();
      } finally {
        arm(period);
      }
    }

    @Override
    public void cancel() {
      over = true;
      next.cancel();
    }
  }

  @Override
  public void close() {
    closed = true;
    if (ownWheel) {
      wheel.shutdownNow();
    }
  }
}
