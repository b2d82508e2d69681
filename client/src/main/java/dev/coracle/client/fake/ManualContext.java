package dev.coracle.client.fake;

import dev.coracle.client.SerialContext;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A context whose tasks run on the test's own thread, when the test says so, and whose time moves
 * only by {@link #advance}. A whole component tested on it is a deterministic simulation. Tasks may
 * be given from other threads; running them is for one thread.
 */
public final class ManualContext implements SerialContext {

  private static final int RUNAWAY = 300_000;

  private static final class Entry {
    final long at;
    final long sequence;
    final Runnable task;
    boolean cancelled;

    Entry(long at, long sequence, Runnable task) {
      this.at = at;
      this.sequence = sequence;
      this.task = task;
    }
  }

  private final Instant epoch;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Entry> timers =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Long.compare(a.at, b.at) : Long.compare(a.sequence, b.sequence));
  private long now;
  private long sequence;

  public ManualContext() {
    this(Instant.parse("2026-01-01T00:00:00Z"));
  }

  public ManualContext(Instant epoch) {
    this.epoch = epoch;
  }

  @Override
  public synchronized void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public synchronized Timer schedule(Duration delay, Runnable task) {
    Entry entry = new Entry(now + Math.max(0, delay.toNanos()), sequence++, task);
    timers.add(entry);
    return () -> entry.cancelled = true;
  }

  /** Runs what is to run now, and what that gives to run, until nothing is left. */
  public void runUntilIdle() {
    for (int n = 0; n < RUNAWAY; n++) {
      Runnable task = next(now);
      if (task == null) {
        return;
      }
      task.run();
    }
    throw new IllegalStateException("the tasks of this context never end");
  }

  /** Moves the time, stopping at every timer on the way to run it and all that follows from it. */
  public void advance(Duration by) {
    long end = now + by.toNanos();
    runUntilIdle();
    while (true) {
      synchronized (this) {
        while (!timers.isEmpty() && timers.peek().cancelled) {
          timers.poll();
        }
        Entry next = timers.peek();
        if (next == null || next.at > end) {
          now = end;
          break;
        }
        now = Math.max(now, next.at);
      }
      runUntilIdle();
    }
    runUntilIdle();
  }

  private synchronized @Nullable Runnable next(long until) {
    Runnable task = tasks.poll();
    while (task == null && !timers.isEmpty() && timers.peek().at <= until) {
      Entry entry = timers.poll();
      task = entry.cancelled ? null : entry.task;
    }
    return task;
  }

  @Override
  public Clock clock() {
    return new Clock() {
      @Override
      public Instant instant() {
        return epoch.plusNanos(nanoTime());
      }

      @Override
      public ZoneId getZone() {
        return ZoneOffset.UTC;
      }

      @Override
      public Clock withZone(ZoneId zone) {
        return this;
      }
    };
  }

  @Override
  public synchronized long nanoTime() {
    return now;
  }
}
