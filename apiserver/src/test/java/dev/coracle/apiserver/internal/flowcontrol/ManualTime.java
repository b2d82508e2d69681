package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;

/** A clock that stands until it is moved, and what is to be done as it moves. One thread's. */
final class ManualTime implements LongSupplier, PriorityLevel.Timers {

  private record Due(long at, Runnable task) {}

  private final List<Due> due = new ArrayList<>();
  private long now = 1_000_000_000_000L;

  @Override
  public long getAsLong() {
    return now;
  }

  @Override
  public Runnable after(long nanos, Runnable task) {
    Due timer = new Due(now + nanos, task);
    due.add(timer);
    return () -> due.remove(timer);
  }

  int timers() {
    return due.size();
  }

  void pass(long nanos) {
    long end = now + nanos;
    while (true) {
      Due next =
          due.stream()
              .filter(d -> d.at() <= end)
              .min(Comparator.comparingLong(Due::at))
              .orElse(null);
      if (next == null) {
        now = end;
        return;
      }
      due.remove(next);
      now = Math.max(now, next.at());
      next.task().run();
    }
  }

  void passSeconds(double seconds) {
    pass((long) (seconds * 1e9));
  }
}
