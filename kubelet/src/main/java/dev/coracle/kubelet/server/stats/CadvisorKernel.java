package dev.coracle.kubelet.server.stats;

import dev.coracle.api.ExpositionText;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** The part of {@code /metrics/cadvisor} that the kernel counts and no runtime tells. */
final class CadvisorKernel {
  private CadvisorKernel() {}

  static void declare(ExpositionText out) {
    out.counter("container_cpu_user_seconds_total", "CPU time in processes, in seconds")
        .counter("container_cpu_system_seconds_total", "CPU time in the kernel, in seconds")
        .counter("container_cpu_cfs_periods_total", "CFS enforcement periods passed")
        .counter(
            "container_cpu_cfs_throttled_periods_total", "CFS periods in which it was throttled")
        .counter("container_cpu_cfs_throttled_seconds_total", "Seconds it was throttled")
        .gauge("container_memory_cache", "Page cache in bytes")
        .gauge("container_memory_mapped_file", "Mapped files in bytes")
        .gauge("container_memory_max_usage_bytes", "Most memory ever in use, in bytes")
        .counter("container_memory_failcnt", "How often the limit was met")
        .counter("container_oom_events_total", "Processes killed for want of memory")
        .counter("container_fs_reads_total", "Reads from the disk")
        .counter("container_fs_reads_bytes_total", "Bytes read from the disk")
        .counter("container_fs_writes_total", "Writes to the disk")
        .counter("container_fs_writes_bytes_total", "Bytes written to the disk")
        .counter("container_blkio_device_usage_total", "Bytes read and written by device")
        .gauge("container_processes", "Processes running inside")
        .gauge("container_threads", "Threads running inside")
        .gauge("container_threads_max", "Most threads inside, 0 for no limit")
        .gauge("container_file_descriptors", "Open files")
        .gauge("container_sockets", "Open sockets")
        .gauge("container_ulimits_soft", "Soft limits of its first process, -1 for none")
        .gauge("container_spec_cpu_period", "CFS period in microseconds")
        .gauge("container_spec_cpu_quota", "CFS quota in microseconds")
        .gauge("container_spec_cpu_shares", "CPU shares")
        .gauge("container_spec_memory_limit_bytes", "Memory limit in bytes, 0 for none")
        .gauge("container_spec_memory_swap_limit_bytes", "Swap limit in bytes, 0 for none")
        .gauge("container_spec_memory_reservation_limit_bytes", "Reservation in bytes, 0 for none");
  }

  static void render(
      ExpositionText out, KernelCounters kernel, @Nullable CpuStats sampled, String[] labels) {
    Instant time = sampled == null ? null : sampled.time();
    if (kernel.cpu() != null) {
      cpu(out, kernel.cpu(), time, labels);
    }
    if (kernel.memory() != null) {
      memory(out, kernel.memory(), time, labels);
    }
    kernel.disks().forEach(disk -> disk(out, disk, time, labels));
    if (kernel.processes() != null) {
      processes(out, kernel.processes(), time, labels);
    }
    limits(out, kernel.limits(), labels);
  }

  private static void cpu(
      ExpositionText out, KernelCounters.Cpu cpu, @Nullable Instant time, String[] labels) {
    seconds(out, "container_cpu_user_seconds_total", cpu.userNanos(), time, labels);
    seconds(out, "container_cpu_system_seconds_total", cpu.systemNanos(), time, labels);
    if (cpu.periods() != null && cpu.periods() > 0) { // Without a quota there are none.
      out.sampleAt("container_cpu_cfs_periods_total", cpu.periods(), time, labels);
      out.sampleAt(
          "container_cpu_cfs_throttled_periods_total", cpu.throttledPeriods(), time, labels);
      seconds(out, "container_cpu_cfs_throttled_seconds_total", cpu.throttledNanos(), time, labels);
    }
  }

  private static void memory(
      ExpositionText out, KernelCounters.Memory memory, @Nullable Instant time, String[] labels) {
    out.sampleAt("container_memory_cache", memory.cache(), time, labels);
    out.sampleAt("container_memory_mapped_file", memory.mappedFile(), time, labels);
    out.sampleAt("container_memory_max_usage_bytes", memory.most(), time, labels);
    out.sampleAt("container_memory_failcnt", memory.refused(), time, labels);
    out.sampleAt("container_oom_events_total", memory.outOfMemory(), time, labels);
  }

  private static void disk(
      ExpositionText out, KernelCounters.Disk disk, @Nullable Instant time, String[] labels) {
    String[] of = CadvisorMetrics.with(labels, "device", disk.device());
    out.sampleAt("container_fs_reads_total", disk.reads(), time, of);
    out.sampleAt("container_fs_reads_bytes_total", disk.readBytes(), time, of);
    out.sampleAt("container_fs_writes_total", disk.writes(), time, of);
    out.sampleAt("container_fs_writes_bytes_total", disk.writtenBytes(), time, of);
    String[] numbered =
        CadvisorMetrics.with(
            CadvisorMetrics.with(of, "major", Integer.toString(disk.major())),
            "minor",
            Integer.toString(disk.minor()));
    String usage = "container_blkio_device_usage_total";
    out.sampleAt(
        usage, disk.readBytes(), time, CadvisorMetrics.with(numbered, "operation", "Read"));
    out.sampleAt(
        usage, disk.writtenBytes(), time, CadvisorMetrics.with(numbered, "operation", "Write"));
  }

  private static void processes(
      ExpositionText out, KernelCounters.Processes p, @Nullable Instant time, String[] labels) {
    out.sampleAt("container_processes", p.processes(), time, labels);
    out.sampleAt("container_threads", p.threads(), time, labels);
    out.sampleAt("container_threads_max", p.threadsMax(), time, labels);
    out.sampleAt("container_file_descriptors", p.fileDescriptors(), time, labels);
    out.sampleAt("container_sockets", p.sockets(), time, labels);
    out.sampleAt(
        "container_ulimits_soft",
        p.openFilesMax(),
        time,
        CadvisorMetrics.with(labels, "ulimit", "max_open_files"));
  }

  private static void limits(ExpositionText out, KernelCounters.Limits limits, String[] labels) {
    out.sampleAt("container_spec_cpu_period", limits.cpuPeriod(), null, labels);
    out.sampleAt("container_spec_cpu_quota", limits.cpuQuota(), null, labels);
    out.sampleAt("container_spec_cpu_shares", limits.cpuShares(), null, labels);
    out.sampleAt("container_spec_memory_limit_bytes", orNone(limits.memoryBytes()), null, labels);
    out.sampleAt(
        "container_spec_memory_swap_limit_bytes", orNone(limits.swapBytes()), null, labels);
    out.sampleAt(
        "container_spec_memory_reservation_limit_bytes",
        orNone(limits.reservedBytes()),
        null,
        labels);
  }

  private static long orNone(@Nullable Long limit) {
    return limit == null ? 0 : limit;
  }

  private static void seconds(
      ExpositionText out,
      String name,
      @Nullable Long nanos,
      @Nullable Instant time,
      String[] labels) {
    out.sampleAt(name, nanos == null ? null : nanos / 1e9, time, labels);
  }
}
