package dev.coracle.kubelet.server.stats;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One snapshot of what the node and its pods use. Null means "not known" everywhere in this package
 * and leaves the figure out.
 *
 * @param startTime when the node (its kernel) came up
 * @param cpuCores logical CPUs of the machine
 * @param memoryCapacityBytes memory of the machine
 * @param fs the file system of the kubelet's root directory
 * @param imageFs the file system of the runtime's images
 * @param containerFs the file system of the containers' writable layers
 * @param maxPids largest process id of the kernel
 * @param processCount processes now running
 */
public record NodeStats(
    String nodeName,
    Instant startTime,
    @Nullable CpuStats cpu,
    @Nullable MemoryStats memory,
    Pressures pressures,
    @Nullable NetworkStats network,
    @Nullable FsStats fs,
    @Nullable FsStats imageFs,
    @Nullable FsStats containerFs,
    @Nullable Long maxPids,
    @Nullable Long processCount,
    int cpuCores,
    long memoryCapacityBytes,
    List<SystemContainer> systemContainers,
    List<PodStats> pods) {

  /** How much somebody wants to know: what is asked often is read from few files. */
  public enum Extent {
    CPU_AND_MEMORY,
    ALL
  }

  public NodeStats {
    systemContainers = List.copyOf(systemContainers);
    pods = List.copyOf(pods);
  }

  /**
   * What a group of the node's processes uses that is none of a pod's containers.
   *
   * @param name as upstream calls it: {@code pods} are all pods together
   */
  public record SystemContainer(
      String name,
      Instant startTime,
      @Nullable CpuStats cpu,
      @Nullable MemoryStats memory,
      Pressures pressures) {}
}
