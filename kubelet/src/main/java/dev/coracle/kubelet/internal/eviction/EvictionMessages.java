package dev.coracle.kubelet.internal.eviction;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionThreshold;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.util.function.ToLongBiFunction;

/** Why a pod is evicted, in upstream's words. */
final class EvictionMessages {
  private EvictionMessages() {}

  /**
   * @param logs bytes of what a container of the pod has said, by the container's name
   */
  static String of(
      Pod pod,
      EvictionThreshold threshold,
      Observation seen,
      Usage usage,
      ToLongBiFunction<Pod, String> logs) {
    String resource = threshold.signal().resource();
    boolean counted = threshold.signal().isCounted();
    StringBuilder text =
        new StringBuilder("The node was low on resource: ")
            .append(resource)
            .append(". Threshold quantity: ")
            .append(quantity(threshold.quantity(seen), counted))
            .append(", available: ")
            .append(quantity(counted ? seen.available() : seen.available() >> 10 << 10, counted))
            .append(". ");
    if (counted) {
      return text.toString();
    }
    for (ContainerSpec c : pod.containers()) {
      long used =
          threshold.signal() == EvictionSignal.MEMORY_AVAILABLE
              ? usage.memory(pod.uid(), c.name())
              : usage.layers(pod.uid()).getOrDefault(c.name(), 0L)
                  + logs.applyAsLong(pod, c.name());
      long request = request(c, resource);
      if (used > request) {
        text.append("Container ")
            .append(c.name())
            .append(" was using ")
            .append(quantity(used, false))
            .append(", request is ")
            .append(quantity(request, false))
            .append(", has larger consumption of ")
            .append(resource)
            .append(". ");
      }
    }
    return text.toString();
  }

  static long request(ContainerSpec container, String resource) {
    Quantity q = Quantity.tryParse(container.requests().path(resource).asText("0"));
    return q == null ? 0 : q.longValue();
  }

  private static Quantity quantity(long value, boolean plain) {
    return plain ? Quantity.of(value) : Quantity.ofBytes(value);
  }
}
