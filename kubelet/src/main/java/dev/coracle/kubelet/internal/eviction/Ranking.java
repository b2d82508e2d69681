package dev.coracle.kubelet.internal.eviction;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.Comparator;
import java.util.Map;

/**
 * Which pod goes first: one above its requests before one within them, then the lower priority,
 * then the one furthest above its requests. Process ids are requested by nobody, so there priority
 * comes first.
 */
final class Ranking {
  private Ranking() {}

  /**
   * @param use of what the signal is about, by the pod's uid
   */
  static Comparator<Pod> of(EvictionSignal signal, Map<String, Long> use) {
    Comparator<Pod> byPriority = Comparator.comparing(p -> p.spec().path("priority").asInt(0));
    Comparator<Pod> byUse =
        Comparator.comparing(p -> requested(p, signal) - use.getOrDefault(p.uid(), 0L));
    if (signal == EvictionSignal.PID_AVAILABLE) {
      return byPriority.thenComparing(byUse);
    }
    Comparator<Pod> withinRequests =
        Comparator.comparing(p -> use.getOrDefault(p.uid(), 0L) <= requested(p, signal));
    return withinRequests.thenComparing(byPriority).thenComparing(byUse);
  }

  private static long requested(Pod pod, EvictionSignal signal) {
    return pod.requests().getOrDefault(signal.resource(), Quantity.ZERO).longValue();
  }
}
