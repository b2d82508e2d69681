package dev.coracle.criruntime.internal.cgroup;

import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a group has used: CPU in nanoseconds since it was made, memory in bytes now, page faults and
 * OOM kills since it was made, processes now. {@code memoryLimit} is empty without a limit.
 *
 * <p>The working set is usage less inactive page cache, as the kubelet counts it.
 */
public record CgroupUsage(
    long cpuNanos,
    long memoryUsage,
    long workingSet,
    long rss,
    long pageFaults,
    long majorPageFaults,
    OptionalLong memoryLimit,
    long processes) {
  private static final long UNLIMITED = 1L << 60;

  public static CgroupUsage of(Cgroup group) {
    return group.host().isV2() ? v2(group.directory("unified")) : v1(group);
  }

  private static CgroupUsage v1(Cgroup group) {
    Path memory = group.directory("memory");
    List<String> stat = CgroupFiles.lines(memory.resolve("memory.stat"));
    long usage = CgroupFiles.number(memory.resolve("memory.usage_in_bytes")).orElse(0);
    OptionalLong limit = CgroupFiles.number(memory.resolve("memory.limit_in_bytes"));
    return new CgroupUsage(
        CgroupFiles.number(group.directory("cpuacct").resolve("cpuacct.usage")).orElse(0),
        usage,
        Math.max(0, usage - CgroupFiles.keyed(stat, "total_inactive_file")),
        CgroupFiles.keyed(stat, "total_rss"),
        CgroupFiles.keyed(stat, "total_pgfault"),
        CgroupFiles.keyed(stat, "total_pgmajfault"),
        limit.isPresent() && limit.getAsLong() < UNLIMITED ? limit : OptionalLong.empty(),
        CgroupFiles.number(group.directory("pids").resolve("pids.current")).orElse(0));
  }

  private static CgroupUsage v2(Path directory) {
    List<String> stat = CgroupFiles.lines(directory.resolve("memory.stat"));
    List<String> cpu = CgroupFiles.lines(directory.resolve("cpu.stat"));
    long usage = CgroupFiles.number(directory.resolve("memory.current")).orElse(0);
    return new CgroupUsage(
        CgroupFiles.keyed(cpu, "usage_usec") * 1000,
        usage,
        Math.max(0, usage - CgroupFiles.keyed(stat, "inactive_file")),
        CgroupFiles.keyed(stat, "anon"),
        CgroupFiles.keyed(stat, "pgfault"),
        CgroupFiles.keyed(stat, "pgmajfault"),
        CgroupFiles.number(directory.resolve("memory.max")),
        CgroupFiles.number(directory.resolve("pids.current")).orElse(0));
  }

  /** How often the kernel killed a process of the group for want of memory. */
  public static long oomKills(Cgroup group) {
    Path file =
        group.host().isV2()
            ? group.directory("unified").resolve("memory.events")
            : group.directory("memory").resolve("memory.oom_control");
    return CgroupFiles.keyed(CgroupFiles.lines(file), "oom_kill");
  }
}
