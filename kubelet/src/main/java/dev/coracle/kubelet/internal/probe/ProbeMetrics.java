package dev.coracle.kubelet.internal.probe;

import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** {@code prober_probe_total} by container, kind and result; a pod's counters go with it. */
public final class ProbeMetrics {
  private record Key(String podUid, String container, String kind, boolean success) {}

  private final MeterRegistry registry;
  private final Map<Key, Counter> counters = new ConcurrentHashMap<>();

  public ProbeMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void count(Pod pod, String container, String kind, boolean success) {
    counters
        .computeIfAbsent(
            new Key(pod.uid(), container, kind, success),
            k ->
                Counter.builder("prober_probe_total")
                    .description(
                        "Cumulative number of a liveness, readiness or startup probe for a container by result.")
                    .tag("container", container)
                    .tag("namespace", pod.namespace())
                    .tag("pod", pod.name())
                    .tag("pod_uid", pod.uid())
                    .tag("probe_type", kind)
                    .tag("result", success ? "successful" : "failed")
                    .register(registry))
        .increment();
  }

  void forget(String podUid) {
    for (Map.Entry<Key, Counter> e : List.copyOf(counters.entrySet())) {
      if (e.getKey().podUid.equals(podUid)) {
        counters.remove(e.getKey());
        registry.remove(e.getValue());
      }
    }
  }
}
