package dev.coracle.kubelet.internal.simulated;

import dev.coracle.kubelet.internal.event.PodEvents;
import java.util.function.LongSupplier;

/**
 * One budget of events for all simulated nodes of a process, with the figures upstream gives one
 * kubelet ({@code eventRecordQPS} 50, {@code eventBurst} 100): what a thousand nodes tell at once
 * would else cost the store more than their pods do. Safe for any thread.
 */
public final class EventBudget {
  private static final double BURST = 100;
  private static final double PER_NANO = 50e-9;

  private final LongSupplier nanoTime;
  private double tokens = BURST;
  private long at;

  public EventBudget(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.at = nanoTime.getAsLong();
  }

  /** Tells as long as there is budget, and leaves the rest out. */
  public PodEvents limit(PodEvents events) {
    return (pod, fieldPath, type, reason, message) -> {
      if (spend()) {
        events.event(pod, fieldPath, type, reason, message);
      }
    };
  }

  private synchronized boolean spend() {
    long now = nanoTime.getAsLong();
    tokens = Math.min(BURST, tokens + (now - at) * PER_NANO);
    at = now;
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  }
}
