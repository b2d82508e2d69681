package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.config.EvictionOptions;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the node is short of, from look to look: a threshold once met stays until as much is back as
 * shall be reclaimed, a soft one counts when it was met for its grace period, and the Node's
 * conditions stay for a while after the shortage. Pure but for its memory; one thread at a time.
 */
final class Shortage {

  /**
   * What a look came to.
   *
   * @param due thresholds that call for action, in upstream's order
   * @param conditions that the Node shows
   */
  record Verdict(List<EvictionThreshold> due, Set<Condition> conditions) {}

  private final List<EvictionThreshold> thresholds;
  private final Duration transition;
  private final Map<EvictionThreshold, Long> firstMet = new HashMap<>();
  private final Map<Condition, Long> lastSeen = new EnumMap<>(Condition.class);

  Shortage(List<EvictionThreshold> thresholds, EvictionOptions options) {
    this.thresholds =
        thresholds.stream().sorted(Comparator.comparing(EvictionThreshold::signal)).toList();
    this.transition = options.pressureTransition();
  }

  /**
   * @param nanos of a clock that never goes back
   */
  Verdict look(Map<EvictionSignal, Observation> seen, long nanos) {
    Map<EvictionThreshold, Long> met = new HashMap<>();
    List<EvictionThreshold> due = new ArrayList<>();
    for (EvictionThreshold t : thresholds) {
      Observation now = seen.get(t.signal());
      boolean counts =
          now != null && (t.isMet(now) || firstMet.containsKey(t) && t.isUnresolved(now));
      if (!counts) {
        continue;
      }
      long since = firstMet.getOrDefault(t, nanos);
      met.put(t, since);
      lastSeen.put(t.signal().condition(), nanos);
      if (nanos - since >= t.grace().toNanos()) {
        due.add(t);
      }
    }
    firstMet.clear();
    firstMet.putAll(met);
    Set<Condition> conditions = EnumSet.noneOf(Condition.class);
    met.keySet().forEach(t -> conditions.add(t.signal().condition()));
    lastSeen.forEach((condition, at) -> {
      if (nanos - at < transition.toNanos()) {
        conditions.add(condition);
      }
    });
    return new Verdict(List.copyOf(due), conditions);
  }

  /** Whether any threshold is met, whatever shall be reclaimed. */
  boolean isShort(Map<EvictionSignal, Observation> seen) {
    return thresholds.stream()
        .anyMatch(t -> {
          Observation now = seen.get(t.signal());
          return now != null && t.isMet(now);
        });
  }
}
