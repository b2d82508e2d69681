package dev.coracle.scheduler.internal.queue;

import dev.coracle.scheduler.internal.ClusterEvents;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Of how many pods that wait each plugin is a reason, under upstream's name: a pod counts for every
 * plugin that rejected it. Written on the scheduler's context; read from any thread.
 */
final class UnschedulableCounts {

  private record Key(String plugin, String profile) {}

  private final MeterRegistry registry;
  private final Map<Key, AtomicLong> counts = new HashMap<>();

  UnschedulableCounts(MeterRegistry registry) {
    this.registry = registry;
  }

  void began(QueuedPod pod) {
    add(pod, 1);
  }

  /** Before anything else is known to reject it. */
  void ended(QueuedPod pod) {
    add(pod, -1);
  }

  private void add(QueuedPod pod, int change) {
    String profile = ClusterEvents.schedulerOf(pod.pod());
    for (String plugin : pod.rejectedBy) {
      counts.computeIfAbsent(new Key(plugin, profile), this::gauge).addAndGet(change);
    }
  }

  private AtomicLong gauge(Key key) {
    AtomicLong count = new AtomicLong();
    Gauge.builder("scheduler_unschedulable_pods", count, AtomicLong::get)
        .description("Pods that wait, by the plugins that rejected them; one counts for each")
        .tags("plugin", key.plugin(), "profile", key.profile())
        .strongReference(true)
        .register(registry);
    return count;
  }
}
