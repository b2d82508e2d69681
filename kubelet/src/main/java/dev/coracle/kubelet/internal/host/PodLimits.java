package dev.coracle.kubelet.internal.host;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * The limits of a pod's cgroup: what its containers may use together, or what is asked for the pod
 * as a whole (KEP-2837), and its overhead.
 *
 * @param cpuMillis requested, in thousandths of a CPU
 * @param cpuQuota microseconds per period; empty for no limit
 * @param memory bytes; empty for no limit
 * @param burstable whether the pod counts into the Burstable class
 */
record PodLimits(long cpuMillis, OptionalLong cpuQuota, OptionalLong memory, boolean burstable) {

  static PodLimits of(Pod pod) {
    OptionalLong cpu = sum(pod, "limits", "cpu", true);
    OptionalLong memory = sum(pod, "limits", "memory", true);
    return new PodLimits(
        sum(pod, "requests", "cpu", false).orElse(0),
        cpu.isPresent()
            ? OptionalLong.of(LinuxResources.quota(cpu.getAsLong()))
            : OptionalLong.empty(),
        memory.isPresent() ? OptionalLong.of(memory.getAsLong() / 1000) : OptionalLong.empty(),
        QosClass.of(pod) == QosClass.BURSTABLE);
  }

  /** Room for both. */
  PodLimits andAlso(PodLimits other) {
    return new PodLimits(
        Math.max(cpuMillis, other.cpuMillis),
        larger(cpuQuota, other.cpuQuota),
        larger(memory, other.memory),
        burstable);
  }

  private static OptionalLong larger(OptionalLong a, OptionalLong b) {
    return a.isEmpty() || b.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(Math.max(a.getAsLong(), b.getAsLong()));
  }

  long shares() {
    return LinuxResources.shares(cpuMillis);
  }

  /** In thousandths; empty when a container without one makes the sum meaningless. */
  private static OptionalLong sum(Pod pod, String kind, String resource, boolean all) {
    long overhead = millis(pod.spec().path("overhead").path(resource));
    long whole = millis(pod.spec().path("resources").path(kind).path(resource));
    if (whole > 0) {
      return OptionalLong.of(whole + overhead);
    }
    long sum = 0;
    long init = 0;
    List<ContainerSpec> containers = new ArrayList<>(pod.containers());
    pod.initContainers().stream().filter(ContainerSpec::isSidecar).forEach(containers::add);
    for (ContainerSpec c : containers) {
      long value = millis(c.node().path("resources").path(kind).path(resource));
      if (value == 0 && all) {
        return OptionalLong.empty();
      }
      sum += value;
    }
    for (ContainerSpec c : pod.initContainers()) {
      init = Math.max(init, millis(c.node().path("resources").path(kind).path(resource)));
    }
    return OptionalLong.of(Math.max(sum, init) + overhead);
  }

  private static long millis(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? 0 : q.millis();
  }
}
