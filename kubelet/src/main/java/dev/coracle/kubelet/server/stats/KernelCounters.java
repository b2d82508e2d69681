package dev.coracle.kubelet.server.stats;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel counts for a cgroup beside what runtimes tell, as cAdvisor shows it.
 *
 * @param cpu its CPU time, null where the group has no such file; so are the others
 * @param processes null where they were not looked at
 */
public record KernelCounters(
    @Nullable Cpu cpu,
    @Nullable Memory memory,
    List<Disk> disks,
    @Nullable Processes processes,
    Limits limits) {

  public KernelCounters {
    disks = List.copyOf(disks);
  }

  /** CPU time since the group was made, in nanoseconds, and periods of its quota. */
  public record Cpu(
      @Nullable Long userNanos,
      @Nullable Long systemNanos,
      @Nullable Long periods,
      @Nullable Long throttledPeriods,
      @Nullable Long throttledNanos) {}

  /**
   * Memory.
   *
   * @param cache bytes of files, {@code mappedFile} of those that are mapped
   * @param most bytes there ever were
   * @param refused how often its limit was met
   * @param outOfMemory how many of its processes were killed for it
   */
  public record Memory(
      @Nullable Long cache,
      @Nullable Long mappedFile,
      @Nullable Long most,
      @Nullable Long refused,
      @Nullable Long outOfMemory) {}

  /**
   * What was read from a disk and written to it.
   *
   * @param device {@code /dev/sda}, or nothing where it has no such name
   */
  public record Disk(
      String device,
      int major,
      int minor,
      long reads,
      long readBytes,
      long writes,
      long writtenBytes) {}

  /**
   * What runs in the group itself.
   *
   * @param threadsMax 0 for no limit
   * @param sockets null where there are too many files to look at each
   * @param openFilesMax of its first process, -1 for no limit
   */
  public record Processes(
      long processes,
      @Nullable Long threads,
      @Nullable Long threadsMax,
      long fileDescriptors,
      @Nullable Long sockets,
      @Nullable Long openFilesMax) {}

  /**
   * What the group is limited to.
   *
   * @param cpuShares as version 1 counts them
   * @param cpuQuota microseconds per period, null without limit
   * @param memoryBytes null without limit, as the others
   */
  public record Limits(
      @Nullable Long cpuShares,
      @Nullable Long cpuQuota,
      @Nullable Long cpuPeriod,
      @Nullable Long memoryBytes,
      @Nullable Long swapBytes,
      @Nullable Long reservedBytes) {}
}
