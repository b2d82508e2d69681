package dev.coracle.kubelet.server.stats;

import org.jspecify.annotations.Nullable;

/**
 * Renders {@code /metrics/cadvisor} under cAdvisor's names and labels, as dashboards expect them:
 * per container, per pod ({@code container=""}, where the network is) and for the root cgroup
 * ({@code id="/"}).
 */
public final class CadvisorMetrics {
  private CadvisorMetrics() {}

  public static String render(NodeStats stats) {
    PrometheusText out = new PrometheusText();
    declare(out);
    String[] root = labels("", "/", "", "", "", "");
    usage(out, stats.cpu(), stats.memory(), root);
    network(out, stats.network(), root);
    fs(out, stats.fs(), root);
    out.sample("machine_cpu_cores", stats.cpuCores(), null);
    out.sample("machine_memory_bytes", stats.memoryCapacityBytes(), null);
    for (PodStats pod : stats.pods()) {
      String[] podLabels = labels("", pod.cgroup(), "", "", pod.namespace(), pod.name());
      usage(out, pod.cpu(), pod.memory(), podLabels);
      network(out, pod.network(), podLabels);
      out.sample(
          "container_start_time_seconds",
          ResourceMetrics.seconds(pod.startTime()),
          null,
          podLabels);
      out.sample("container_processes", pod.processCount(), null, podLabels);
      for (ContainerStats c : pod.containers()) {
        String[] l = labels(c.name(), c.cgroup(), c.image(), c.id(), pod.namespace(), pod.name());
        usage(out, c.cpu(), c.memory(), l);
        fs(out, c.rootfs(), l);
        out.sample("container_start_time_seconds", ResourceMetrics.seconds(c.startTime()), null, l);
        if (c.cpu() != null) {
          out.sample("container_last_seen", c.cpu().time().getEpochSecond(), c.cpu().time(), l);
        }
        limits(out, c.limits(), l);
      }
    }
    return out.toString();
  }

  private static void declare(PrometheusText out) {
    out.family("container_cpu_usage_seconds_total", "counter", "CPU time used, in seconds")
        .family("container_cpu_cfs_periods_total", "counter", "CFS enforcement periods passed")
        .family(
            "container_cpu_cfs_throttled_periods_total",
            "counter",
            "CFS periods in which it was throttled")
        .family("container_memory_usage_bytes", "gauge", "Memory in use, caches included, in bytes")
        .family("container_memory_working_set_bytes", "gauge", "Working set in bytes")
        .family("container_memory_rss", "gauge", "Anonymous memory in bytes")
        .family("container_memory_swap", "gauge", "Swap in use in bytes")
        .family("container_memory_failures_total", "counter", "Page faults")
        .family("container_network_receive_bytes_total", "counter", "Bytes received")
        .family("container_network_receive_errors_total", "counter", "Errors while receiving")
        .family("container_network_transmit_bytes_total", "counter", "Bytes sent")
        .family("container_network_transmit_errors_total", "counter", "Errors while sending")
        .family("container_fs_usage_bytes", "gauge", "Bytes taken on the file system")
        .family("container_fs_limit_bytes", "gauge", "Size of the file system in bytes")
        .family("container_fs_inodes_free", "gauge", "Free inodes")
        .family("container_fs_inodes_total", "gauge", "Inodes of the file system")
        .family("container_processes", "gauge", "Processes running inside")
        .family("container_start_time_seconds", "gauge", "Start in seconds since the epoch")
        .family(
            "container_last_seen", "gauge", "When it was last sampled, in seconds since the epoch")
        .family("container_spec_cpu_period", "gauge", "CFS period in microseconds")
        .family("container_spec_cpu_quota", "gauge", "CFS quota in microseconds")
        .family("container_spec_cpu_shares", "gauge", "CPU shares")
        .family("container_spec_memory_limit_bytes", "gauge", "Memory limit in bytes, 0 for none")
        .family("machine_cpu_cores", "gauge", "Logical CPUs of the machine")
        .family("machine_memory_bytes", "gauge", "Memory of the machine in bytes");
  }

  private static void usage(
      PrometheusText out, @Nullable CpuStats cpu, @Nullable MemoryStats memory, String[] labels) {
    if (cpu != null) {
      out.sample(
          "container_cpu_usage_seconds_total",
          cpu.usageSeconds(),
          cpu.time(),
          with(labels, "cpu", "total"));
      out.sample("container_cpu_cfs_periods_total", cpu.periods(), cpu.time(), labels);
      out.sample(
          "container_cpu_cfs_throttled_periods_total", cpu.throttledPeriods(), cpu.time(), labels);
    }
    if (memory != null) {
      var time = memory.time();
      out.sample("container_memory_usage_bytes", memory.usageBytes(), time, labels);
      out.sample("container_memory_working_set_bytes", memory.workingSetBytes(), time, labels);
      out.sample("container_memory_rss", memory.rssBytes(), time, labels);
      out.sample("container_memory_swap", memory.swapBytes(), time, labels);
      faults(out, memory, "pgfault", memory.pageFaults(), labels);
      faults(out, memory, "pgmajfault", memory.majorPageFaults(), labels);
    }
  }

  private static void faults(
      PrometheusText out, MemoryStats memory, String type, @Nullable Long count, String[] labels) {
    String[] all = with(with(labels, "failure_type", type), "scope", "container");
    out.sample("container_memory_failures_total", count, memory.time(), all);
  }

  private static void network(PrometheusText out, @Nullable NetworkStats network, String[] labels) {
    if (network == null) {
      return;
    }
    for (NetworkStats.Interface i : network.interfaces()) {
      String[] l = with(labels, "interface", i.name());
      out.sample("container_network_receive_bytes_total", i.rxBytes(), network.time(), l);
      out.sample("container_network_receive_errors_total", i.rxErrors(), network.time(), l);
      out.sample("container_network_transmit_bytes_total", i.txBytes(), network.time(), l);
      out.sample("container_network_transmit_errors_total", i.txErrors(), network.time(), l);
    }
  }

  private static void fs(PrometheusText out, @Nullable FsStats fs, String[] labels) {
    if (fs != null) {
      String[] l = with(labels, "device", "");
      out.sample("container_fs_usage_bytes", fs.usedBytes(), fs.time(), l);
      out.sample("container_fs_limit_bytes", fs.capacityBytes(), fs.time(), l);
      out.sample("container_fs_inodes_free", fs.inodesFree(), fs.time(), l);
      out.sample("container_fs_inodes_total", fs.inodes(), fs.time(), l);
    }
  }

  private static void limits(
      PrometheusText out, ContainerStats.@Nullable Limits limits, String[] labels) {
    if (limits != null) {
      out.sample("container_spec_cpu_period", limits.cpuPeriod(), null, labels);
      out.sample("container_spec_cpu_quota", limits.cpuQuota(), null, labels);
      out.sample("container_spec_cpu_shares", limits.cpuShares(), null, labels);
      Long memory = limits.memoryBytes();
      out.sample("container_spec_memory_limit_bytes", memory == null ? 0L : memory, null, labels);
    }
  }

  private static String[] labels(
      String container, String id, String image, String name, String namespace, String pod) {
    return new String[] {
      "container",
      container,
      "id",
      id,
      "image",
      image,
      "name",
      name,
      "namespace",
      namespace,
      "pod",
      pod
    };
  }

  private static String[] with(String[] labels, String name, String value) {
    String[] all = new String[labels.length + 2];
    System.arraycopy(labels, 0, all, 0, labels.length);
    all[labels.length] = name;
    all[labels.length + 1] = value;
    return all;
  }
}
