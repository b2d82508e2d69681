package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod's usage.
 *
 * @param cgroup path of the pod's cgroup ({@code /kubepods/…}), the {@code id} label of cAdvisor
 *     metrics
 * @param ephemeralStorage writable layers, logs and emptyDirs together
 * @param processCount processes in the pod
 * @param kernel what the kernel counts for its cgroup; null where that cannot be read
 */
public record PodStats(
    String namespace,
    String name,
    String uid,
    Instant startTime,
    String cgroup,
    @Nullable CpuStats cpu,
    @Nullable MemoryStats memory,
    Pressures pressures,
    @Nullable NetworkStats network,
    @Nullable FsStats ephemeralStorage,
    @Nullable Long processCount,
    @Nullable KernelCounters kernel,
    List<ContainerStats> containers,
    List<VolumeStats> volumes) {

  public PodStats {
    containers = List.copyOf(containers);
    volumes = List.copyOf(volumes);
  }
}
