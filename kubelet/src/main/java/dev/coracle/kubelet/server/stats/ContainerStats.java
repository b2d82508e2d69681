package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A container's usage.
 *
 * @param name name in the pod's spec
 * @param id CRI container id
 * @param image image reference as in the status
 * @param cgroup path of the container's cgroup, the {@code id} label of cAdvisor metrics
 * @param rootfs the writable layer
 * @param logs the log files
 * @param kernel what the kernel counts for its cgroup; null where that cannot be read
 */
public record ContainerStats(
    String name,
    String id,
    String image,
    Instant startTime,
    String cgroup,
    @Nullable CpuStats cpu,
    @Nullable MemoryStats memory,
    Pressures pressures,
    @Nullable FsStats rootfs,
    @Nullable FsStats logs,
    @Nullable KernelCounters kernel) {}
