package dev.coracle.criruntime.internal.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What a group may use. Zero and empty mean "not specified" and leave what is there; sizes in
 * bytes, CPU times in microseconds, -1 unlimited.
 *
 * <p>Huge pages go by the kernel's name of their size ({@code 2MB}); where the kernel or the host's
 * hierarchies cannot limit them they are not limited.
 *
 * <p>The conversion of shares to weights is the kernel documentation's linear map of [2, 262144] to
 * [1, 10000].
 */
public record CgroupLimits(
    long cpuPeriod,
    long cpuQuota,
    long cpuShares,
    long memory,
    long memoryAndSwap,
    long pids,
    String cpus,
    String mems,
    Map<String, Long> hugePages,
    Map<String, String> unified) {
  public CgroupLimits {
    hugePages = Map.copyOf(hugePages);
    unified = Map.copyOf(unified);
  }

  private static final Pattern PAGE_SIZE = Pattern.compile("\\d{1,9}[KMG]B");

  /** Writes the limits. */
  public void apply(Cgroup group) throws IOException {
    if (group.host().isV2()) {
      applyV2(group.directory("unified"));
    } else {
      applyV1(group);
    }
  }

  private void applyV1(Cgroup group) throws IOException {
    Path cpu = group.directory("cpu");
    if (cpuShares > 0) {
      CgroupFiles.write(cpu.resolve("cpu.shares"), Long.toString(Math.max(2, cpuShares)));
    }
    if (cpuPeriod > 0) {
      CgroupFiles.write(cpu.resolve("cpu.cfs_period_us"), Long.toString(cpuPeriod));
    }
    if (cpuQuota != 0) {
      CgroupFiles.write(cpu.resolve("cpu.cfs_quota_us"), Long.toString(cpuQuota));
    }
    Path directory = group.directory("memory");
    if (memory != 0) {
      Path limit = directory.resolve("memory.limit_in_bytes");
      Path withSwap = directory.resolve("memory.memsw.limit_in_bytes");
      String swapValue = Long.toString(memoryAndSwap != 0 ? memoryAndSwap : memory);
      // The limit must never exceed the limit with swap, so the order depends on the direction.
      if (!CgroupFiles.tryWrite(limit, Long.toString(memory))) {
        CgroupFiles.tryWrite(withSwap, swapValue);
        CgroupFiles.write(limit, Long.toString(memory));
      }
      CgroupFiles.tryWrite(withSwap, swapValue);
    }
    if (pids > 0) {
      CgroupFiles.write(group.directory("pids").resolve("pids.max"), Long.toString(pids));
    }
    if (!cpus.isEmpty()) {
      CgroupFiles.write(group.directory("cpuset").resolve("cpuset.cpus"), cpus);
    }
    if (!mems.isEmpty()) {
      CgroupFiles.write(group.directory("cpuset").resolve("cpuset.mems"), mems);
    }
    applyHugePages(group.directory("hugetlb"), "limit_in_bytes");
  }

  /** What is used and, in newer kernels, what is reserved is limited alike. */
  private void applyHugePages(Path directory, String file) throws IOException {
    for (Map.Entry<String, Long> e : hugePages.entrySet()) {
      if (!PAGE_SIZE.matcher(e.getKey()).matches()) {
        throw new IOException("not a size of huge pages: " + e.getKey());
      }
      for (String what : List.of("", "rsvd.")) {
        Path limit = directory.resolve("hugetlb." + e.getKey() + "." + what + file);
        if (Files.exists(limit)) {
          CgroupFiles.write(limit, Long.toString(e.getValue()));
        }
      }
    }
  }

  private void applyV2(Path directory) throws IOException {
    if (cpuShares > 0) {
      CgroupFiles.write(directory.resolve("cpu.weight"), Long.toString(weight(cpuShares)));
    }
    if (cpuQuota != 0) {
      String quota = cpuQuota < 0 ? "max" : Long.toString(cpuQuota);
      String period = cpuPeriod > 0 ? " " + cpuPeriod : "";
      CgroupFiles.write(directory.resolve("cpu.max"), quota + period);
    }
    if (memory != 0) {
      CgroupFiles.write(
          directory.resolve("memory.max"), memory < 0 ? "max" : Long.toString(memory));
      long swap = memoryAndSwap > memory ? memoryAndSwap - memory : 0;
      CgroupFiles.tryWrite(
          directory.resolve("memory.swap.max"), memory < 0 ? "max" : Long.toString(swap));
    }
    if (pids > 0) {
      CgroupFiles.write(directory.resolve("pids.max"), Long.toString(pids));
    }
    if (!cpus.isEmpty()) {
      CgroupFiles.write(directory.resolve("cpuset.cpus"), cpus);
    }
    if (!mems.isEmpty()) {
      CgroupFiles.write(directory.resolve("cpuset.mems"), mems);
    }
    applyHugePages(directory, "max");
    for (Map.Entry<String, String> e : unified.entrySet()) {
      if (!e.getKey().matches("[a-z0-9_]+\\.[a-z0-9_.]+")) {
        throw new IOException("not a cgroup file: " + e.getKey());
      }
      CgroupFiles.write(directory.resolve(e.getKey()), e.getValue());
    }
  }

  /** CPU shares of version 1 as a weight of version 2. */
  static long weight(long shares) {
    long bounded = Math.clamp(shares, 2, 262144);
    return 1 + (bounded - 2) * 9999 / 262142;
  }
}
