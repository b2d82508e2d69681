package dev.coracle.kubelet.server.stats;

import dev.coracle.api.ExpositionText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Renders {@code /metrics/resource}, the source of the metrics server.
 *
 * @see <a href="https://kubernetes.io/docs/reference/instrumentation/metrics/">Kubernetes metrics
 *     reference</a>
 */
public final class ResourceMetrics {
  private ResourceMetrics() {}

  /** Prometheus text; null stats (the source failed) give only {@code resource_scrape_error 1}. */
  public static String render(@Nullable NodeStats stats) {
    ExpositionText out = new ExpositionText();
    out.counter(
            "container_cpu_usage_seconds_total",
            "[STABLE] CPU time the container has used, in core seconds")
        .gauge(
            "container_memory_working_set_bytes", "[STABLE] Working set of the container in bytes")
        .gauge(
            "container_start_time_seconds",
            "[STABLE] Start of the container in seconds since the epoch")
        .gauge("container_swap_limit_bytes", "[ALPHA] Swap the container may use in bytes")
        .gauge("container_swap_usage_bytes", "[ALPHA] Swap the container uses in bytes")
        .counter(
            "node_cpu_usage_seconds_total", "[STABLE] CPU time the node has used, in core seconds")
        .gauge("node_memory_working_set_bytes", "[STABLE] Working set of the node in bytes")
        .gauge("node_swap_usage_bytes", "[ALPHA] Swap the node uses in bytes")
        .counter(
            "pod_cpu_usage_seconds_total", "[STABLE] CPU time the pod has used, in core seconds")
        .gauge("pod_memory_working_set_bytes", "[STABLE] Working set of the pod in bytes")
        .gauge("pod_swap_usage_bytes", "[ALPHA] Swap the pod uses in bytes")
        .gauge("resource_scrape_error", "[STABLE] 1 if the stats could not be read, else 0");
    if (stats != null) {
      usage(out, "node", stats.cpu(), stats.memory());
      for (PodStats pod : stats.pods()) {
        usage(out, "pod", pod.cpu(), pod.memory(), "namespace", pod.namespace(), "pod", pod.name());
        for (ContainerStats c : pod.containers()) {
          String[] labels = {
            "container", c.name(), "namespace", pod.namespace(), "pod", pod.name()
          };
          usage(out, "container", c.cpu(), c.memory(), labels);
          swapLimit(out, c.memory(), labels);
          out.sampleAt("container_start_time_seconds", seconds(c.startTime()), null, labels);
        }
      }
    }
    out.sampleAt("resource_scrape_error", stats == null ? 1 : 0, null);
    return out.toString();
  }

  private static void usage(
      ExpositionText out,
      String of,
      @Nullable CpuStats cpu,
      @Nullable MemoryStats memory,
      String... labels) {
    if (cpu != null) {
      out.sampleAt(of + "_cpu_usage_seconds_total", cpu.usageSeconds(), cpu.time(), labels);
    }
    if (memory != null) {
      out.sampleAt(
          of + "_memory_working_set_bytes", memory.workingSetBytes(), memory.time(), labels);
      out.sampleAt(of + "_swap_usage_bytes", memory.swapBytes(), memory.time(), labels);
    }
  }

  private static void swapLimit(
      ExpositionText out, @Nullable MemoryStats memory, String... labels) {
    if (memory != null && memory.swapBytes() != null && memory.swapAvailableBytes() != null) {
      long limit = memory.swapBytes() + memory.swapAvailableBytes();
      out.sampleAt("container_swap_limit_bytes", limit, memory.time(), labels);
    }
  }

  static double seconds(Instant time) {
    return time.toEpochMilli() / 1000.0;
  }
}
