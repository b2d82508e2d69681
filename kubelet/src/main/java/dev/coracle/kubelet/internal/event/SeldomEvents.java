package dev.coracle.kubelet.internal.event;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells of the Node what is found out again and again, each reason no oftener than once in a while.
 * Keeps one number for each reason, of which there are few. State is guarded by this.
 */
public final class SeldomEvents implements NodeEvents {
  private final NodeEvents events;
  private final long apartNanos;
  private final LongSupplier nanoTime;
  private final Map<String, Long> told = new HashMap<>();

  public SeldomEvents(NodeEvents events, Duration apart, LongSupplier nanoTime) {
    this.events = events;
    this.apartNanos = apart.toNanos();
    this.nanoTime = nanoTime;
  }

  @Override
  public void event(String type, String reason, String message) {
    long now = nanoTime.getAsLong();
    synchronized (this) {
      Long last = told.get(reason);
      if (last != null && now - last < apartNanos) {
        return;
      }
      told.put(reason, now);
    }
    events.event(type, reason, message);
  }
}
