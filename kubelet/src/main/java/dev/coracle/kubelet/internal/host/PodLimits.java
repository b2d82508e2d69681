package dev.coracle.kubelet.internal.host;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.PodRequests;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The limits of a pod's cgroup: what its containers may use together, or what is asked for the pod
 * as a whole (KEP-2837), and its overhead.
 *
 * @param cpuMillis requested, in thousandths of a CPU
 * @param cpuQuota microseconds per period; empty for no limit
 * @param memory bytes; empty for no limit
 * @param pids process ids; zero for as many as there are
 * @param burstable whether the pod counts into the Burstable class
 * @param hugePages bytes by the kernel's name of the page's size; of other sizes it may have none
 */
record PodLimits(
    long cpuMillis,
    OptionalLong cpuQuota,
    OptionalLong memory,
    long pids,
    boolean burstable,
    Map<String, Long> hugePages) {

  PodLimits {
    hugePages = Map.copyOf(hugePages);
  }

  static PodLimits of(Pod pod, CgroupOptions options) {
    OptionalLong cpu = sum(pod, "limits", "cpu", true);
    OptionalLong memory = sum(pod, "limits", "memory", true);
    return new PodLimits(
        sum(pod, "requests", "cpu", false).orElse(0),
        cpu.isPresent() && options.cpuQuota() && !hasCpusAlone(pod, options)
            ? OptionalLong.of(LinuxResources.quota(cpu.getAsLong(), options))
            : OptionalLong.empty(),
        memory.isPresent() ? OptionalLong.of(memory.getAsLong() / 1000) : OptionalLong.empty(),
        options.podPids(),
        QosClass.of(pod) == QosClass.BURSTABLE,
        hugePages(pod));
  }

  /** What has whole CPUs is limited by them, and a quota would only hold it up (KEP-5029). */
  private static boolean hasCpusAlone(Pod pod, CgroupOptions options) {
    return options.exclusiveCpus()
        && pod.allContainers().stream().anyMatch(c -> CpuManager.wanted(pod, c) > 0);
  }

  /** Room for both. */
  PodLimits andAlso(PodLimits other) {
    return new PodLimits(
        Math.max(cpuMillis, other.cpuMillis),
        larger(cpuQuota, other.cpuQuota),
        larger(memory, other.memory),
        other.pids,
        burstable,
        other.hugePages);
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
    if (all
        && Stream.of(pod.initContainers(), pod.containers())
            .flatMap(List::stream)
            .anyMatch(c -> millis(c.node().path("resources").path(kind).path(resource)) == 0)) {
      return OptionalLong.empty();
    }
    Quantity together = PodRequests.ofContainers(pod.spec(), kind).get(resource);
    return OptionalLong.of((together == null ? 0 : together.millis()) + overhead);
  }

  /** Requests of huge pages are limits too. */
  private static Map<String, Long> hugePages(Pod pod) {
    Map<String, Quantity> asked = PodRequests.ofContainers(pod.spec(), "requests");
    pod.spec()
        .path("resources")
        .path("requests")
        .properties()
        .forEach(e -> {
          Quantity whole = Quantity.tryParse(e.getValue().asText());
          if (whole != null) {
            asked.put(e.getKey(), whole);
          }
        });
    return GroupLimits.hugePages(asked);
  }

  private static long millis(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? 0 : q.millis();
  }
}
