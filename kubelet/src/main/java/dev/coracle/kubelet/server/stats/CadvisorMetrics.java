package dev.coracle.kubelet.server.stats;

import dev.coracle.api.ExpositionText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Renders {@code /metrics/cadvisor} under cAdvisor's names and labels, as dashboards expect them:
 * per container, per pod ({@code container=""}, where the network is) and for the root cgroup
 * ({@code id="/"}).
 */
public final class CadvisorMetrics {
  private CadvisorMetrics() {}

  public static String render(NodeStats stats) {
    ExpositionText out = new ExpositionText();
    declare(out);
    String[] root = labels("", "/", "", "", "", "");
    usage(out, stats.cpu(), stats.memory(), root);
    pressures(out, stats.pressures(), stats.cpu(), root);
    network(out, stats.network(), root);
    fs(out, stats.fs(), root);
    out.sampleAt("machine_cpu_cores", stats.cpuCores(), null);
    out.sampleAt("machine_memory_bytes", stats.memoryCapacityBytes(), null);
    for (PodStats pod : stats.pods()) {
      String[] podLabels = labels("", pod.cgroup(), "", "", pod.namespace(), pod.name());
      usage(out, pod.cpu(), pod.memory(), podLabels);
      pressures(out, pod.pressures(), pod.cpu(), podLabels);
      network(out, pod.network(), podLabels);
      out.sampleAt(
          "container_start_time_seconds",
          ResourceMetrics.seconds(pod.startTime()),
          null,
          podLabels);
      if (pod.kernel() != null) {
        CadvisorKernel.render(out, pod.kernel(), pod.cpu(), podLabels);
      }
      out.sampleAt("container_processes", pod.processCount(), null, podLabels);
      for (ContainerStats c : pod.containers()) {
        String[] l = labels(c.name(), c.cgroup(), c.image(), c.id(), pod.namespace(), pod.name());
        usage(out, c.cpu(), c.memory(), l);
        pressures(out, c.pressures(), c.cpu(), l);
        fs(out, c.rootfs(), l);
        out.sampleAt(
            "container_start_time_seconds", ResourceMetrics.seconds(c.startTime()), null, l);
        if (c.cpu() != null) {
          out.sampleAt("container_last_seen", c.cpu().time().getEpochSecond(), c.cpu().time(), l);
        }
        if (c.kernel() != null) {
          CadvisorKernel.render(out, c.kernel(), c.cpu(), l);
        }
      }
    }
    return out.toString();
  }

  private static void declare(ExpositionText out) {
    CadvisorKernel.declare(out);
    out.counter("container_cpu_usage_seconds_total", "CPU time used, in seconds")
        .gauge("container_memory_usage_bytes", "Memory in use, caches included, in bytes")
        .gauge("container_memory_working_set_bytes", "Working set in bytes")
        .gauge("container_memory_rss", "Anonymous memory in bytes")
        .gauge("container_memory_swap", "Swap in use in bytes")
        .counter("container_memory_failures_total", "Page faults")
        .counter("container_network_receive_bytes_total", "Bytes received")
        .counter("container_network_receive_errors_total", "Errors while receiving")
        .counter("container_network_receive_packets_total", "Packets received")
        .counter("container_network_receive_packets_dropped_total", "Packets not received")
        .counter("container_network_transmit_packets_total", "Packets sent")
        .counter("container_network_transmit_packets_dropped_total", "Packets not sent")
        .counter("container_network_transmit_bytes_total", "Bytes sent")
        .counter("container_network_transmit_errors_total", "Errors while sending")
        .gauge("container_fs_usage_bytes", "Bytes taken on the file system")
        .gauge("container_fs_limit_bytes", "Size of the file system in bytes")
        .gauge("container_fs_inodes_free", "Free inodes")
        .gauge("container_fs_inodes_total", "Inodes of the file system")
        .gauge("container_start_time_seconds", "Start in seconds since the epoch")
        .gauge("container_last_seen", "When it was last sampled, in seconds since the epoch")
        .counter(
            "container_pressure_cpu_stalled_seconds_total",
            "Seconds in which all processes waited for a CPU")
        .counter(
            "container_pressure_cpu_waiting_seconds_total",
            "Seconds in which some process waited for a CPU")
        .counter(
            "container_pressure_memory_stalled_seconds_total",
            "Seconds in which all processes waited for memory")
        .counter(
            "container_pressure_memory_waiting_seconds_total",
            "Seconds in which some process waited for memory")
        .counter(
            "container_pressure_io_stalled_seconds_total",
            "Seconds in which all processes waited for disks")
        .counter(
            "container_pressure_io_waiting_seconds_total",
            "Seconds in which some process waited for disks")
        .gauge("machine_cpu_cores", "Logical CPUs of the machine")
        .gauge("machine_memory_bytes", "Memory of the machine in bytes");
  }

  private static void usage(
      ExpositionText out, @Nullable CpuStats cpu, @Nullable MemoryStats memory, String[] labels) {
    if (cpu != null) {
      out.sampleAt(
          "container_cpu_usage_seconds_total",
          cpu.usageSeconds(),
          cpu.time(),
          with(labels, "cpu", "total"));
    }
    if (memory != null) {
      var time = memory.time();
      out.sampleAt("container_memory_usage_bytes", memory.usageBytes(), time, labels);
      out.sampleAt("container_memory_working_set_bytes", memory.workingSetBytes(), time, labels);
      out.sampleAt("container_memory_rss", memory.rssBytes(), time, labels);
      out.sampleAt("container_memory_swap", memory.swapBytes(), time, labels);
      faults(out, memory, "pgfault", memory.pageFaults(), labels);
      faults(out, memory, "pgmajfault", memory.majorPageFaults(), labels);
    }
  }

  private static void pressures(
      ExpositionText out, Pressures pressures, @Nullable CpuStats sampled, String[] labels) {
    Instant time = sampled == null ? null : sampled.time();
    pressures.cpu().ifPresent(s -> stalls(out, "cpu", s, time, labels));
    pressures.memory().ifPresent(s -> stalls(out, "memory", s, time, labels));
    pressures.io().ifPresent(s -> stalls(out, "io", s, time, labels));
  }

  private static void stalls(
      ExpositionText out,
      String resource,
      Pressures.Stalls stalls,
      @Nullable Instant time,
      String[] labels) {
    String name = "container_pressure_" + resource;
    out.sampleAt(name + "_stalled_seconds_total", stalls.full().seconds(), time, labels);
    out.sampleAt(name + "_waiting_seconds_total", stalls.some().seconds(), time, labels);
  }

  private static void faults(
      ExpositionText out, MemoryStats memory, String type, @Nullable Long count, String[] labels) {
    String[] all = with(with(labels, "failure_type", type), "scope", "container");
    out.sampleAt("container_memory_failures_total", count, memory.time(), all);
  }

  private static void network(ExpositionText out, @Nullable NetworkStats network, String[] labels) {
    if (network == null) {
      return;
    }
    for (NetworkStats.Interface i : network.interfaces()) {
      String[] l = with(labels, "interface", i.name());
      out.sampleAt("container_network_receive_bytes_total", i.rxBytes(), network.time(), l);
      out.sampleAt("container_network_receive_errors_total", i.rxErrors(), network.time(), l);
      out.sampleAt("container_network_transmit_bytes_total", i.txBytes(), network.time(), l);
      out.sampleAt("container_network_transmit_errors_total", i.txErrors(), network.time(), l);
      out.sampleAt("container_network_receive_packets_total", i.rxPackets(), network.time(), l);
      out.sampleAt(
          "container_network_receive_packets_dropped_total", i.rxDropped(), network.time(), l);
      out.sampleAt("container_network_transmit_packets_total", i.txPackets(), network.time(), l);
      out.sampleAt(
          "container_network_transmit_packets_dropped_total", i.txDropped(), network.time(), l);
    }
  }

  private static void fs(ExpositionText out, @Nullable FsStats fs, String[] labels) {
    if (fs != null) {
      String[] l = with(labels, "device", "");
      out.sampleAt("container_fs_usage_bytes", fs.usedBytes(), fs.time(), l);
      out.sampleAt("container_fs_limit_bytes", fs.capacityBytes(), fs.time(), l);
      out.sampleAt("container_fs_inodes_free", fs.inodesFree(), fs.time(), l);
      out.sampleAt("container_fs_inodes_total", fs.inodes(), fs.time(), l);
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

  static String[] with(String[] labels, String name, String value) {
    String[] all = new String[labels.length + 2];
    System.arraycopy(labels, 0, all, 0, labels.length);
    all[labels.length] = name;
    all[labels.length + 1] = value;
    return all;
  }
}
