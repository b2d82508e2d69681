package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.server.stats.KernelCounters;
import dev.coracle.kubelet.server.stats.KernelCounters.Cpu;
import dev.coracle.kubelet.server.stats.KernelCounters.Limits;
import dev.coracle.kubelet.server.stats.KernelCounters.Memory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the kernel counts for a cgroup in either version. What a kernel does not have is left
 * out. Stateless.
 *
 * @param groups where the hierarchies are
 * @param devices {@code /sys/dev/block}
 * @param processes {@code /proc}
 */
public record GroupCounters(GroupFiles groups, Path devices, Path processes) {
  private static final long NANOS_PER_TICK = 10_000_000;

  public static GroupCounters of(GroupFiles groups) {
    return new GroupCounters(groups, Path.of("/sys/dev/block"), Path.of("/proc"));
  }

  /**
   * @param group an absolute path below the mount points
   * @return empty where there is no such group
   */
  public Optional<KernelCounters> ofContainer(String group) {
    return read(group, true);
  }

  /** Without processes, which a pod has in its containers' groups alone. */
  public Optional<KernelCounters> ofPod(String group) {
    return read(group, false);
  }

  /** A process of the group itself. */
  public Optional<Long> processOf(String group) {
    return groups
        .directory("memory", group)
        .flatMap(at -> GroupProcesses.ids(at).stream().findFirst());
  }

  private Optional<KernelCounters> read(String group, boolean withProcesses) {
    Optional<Path> memory = groups.directory("memory", group).filter(Files::isDirectory);
    Optional<Path> cpu = groups.directory("cpu", group).filter(Files::isDirectory);
    if (memory.isEmpty() || cpu.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new KernelCounters(
            groups.isVersion1("cpu")
                ? cpu1(cpu.get(), groups.directory("cpuacct", group).orElse(cpu.get()))
                : cpu2(cpu.get()),
            groups.isVersion1("memory") ? memory1(memory.get()) : memory2(memory.get()),
            new GroupDisks(devices).read(groups, group),
            withProcesses
                ? new GroupProcesses(processes)
                    .read(memory.get(), groups.directory("pids", group).orElse(memory.get()))
                : null,
            limits(cpu.get(), memory.get())));
  }

  private static Cpu cpu1(Path cpu, Path cpuacct) {
    KeyedFile stat = KeyedFile.read(cpu.resolve("cpu.stat"));
    KeyedFile time = KeyedFile.read(cpuacct.resolve("cpuacct.stat"));
    return new Cpu(
        times(time.get("user"), NANOS_PER_TICK),
        times(time.get("system"), NANOS_PER_TICK),
        stat.get("nr_periods"),
        stat.get("nr_throttled"),
        stat.get("throttled_time"));
  }

  private static Cpu cpu2(Path cpu) {
    KeyedFile stat = KeyedFile.read(cpu.resolve("cpu.stat"));
    return new Cpu(
        times(stat.get("user_usec"), 1000),
        times(stat.get("system_usec"), 1000),
        stat.get("nr_periods"),
        stat.get("nr_throttled"),
        times(stat.get("throttled_usec"), 1000));
  }

  private static Memory memory1(Path memory) {
    KeyedFile stat = KeyedFile.read(memory.resolve("memory.stat"));
    return new Memory(
        stat.get("total_cache"),
        stat.get("total_mapped_file"),
        KeyedFile.number(memory.resolve("memory.max_usage_in_bytes")),
        KeyedFile.number(memory.resolve("memory.failcnt")),
        KeyedFile.read(memory.resolve("memory.oom_control")).get("oom_kill"));
  }

  private static Memory memory2(Path memory) {
    KeyedFile stat = KeyedFile.read(memory.resolve("memory.stat"));
    KeyedFile events = KeyedFile.read(memory.resolve("memory.events"));
    return new Memory(
        stat.get("file"),
        stat.get("file_mapped"),
        KeyedFile.number(memory.resolve("memory.peak")),
        events.get("max"),
        events.get("oom_kill"));
  }

  private Limits limits(Path cpu, Path memory) {
    Long shares;
    Long quota;
    Long period;
    if (groups.isVersion1("cpu")) {
      shares = KeyedFile.number(cpu.resolve("cpu.shares"));
      quota = KeyedFile.number(cpu.resolve("cpu.cfs_quota_us"));
      quota = quota != null && quota > 0 ? quota : null;
      period = KeyedFile.number(cpu.resolve("cpu.cfs_period_us"));
    } else {
      Long weight = KeyedFile.number(cpu.resolve("cpu.weight"));
      shares = weight == null ? null : 2 + (weight - 1) * 262_142 / 9_999;
      String[] max = KeyedFile.text(cpu.resolve("cpu.max")).split(" ");
      quota = KeyedFile.parse(max[0]);
      period = max.length > 1 ? KeyedFile.parse(max[1]) : null;
    }
    boolean v1 = groups.isVersion1("memory");
    return new Limits(
        shares,
        quota,
        period,
        KeyedFile.limit(memory.resolve(v1 ? "memory.limit_in_bytes" : "memory.max")),
        KeyedFile.limit(memory.resolve(v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max")),
        KeyedFile.limit(memory.resolve(v1 ? "memory.soft_limit_in_bytes" : "memory.high")));
  }

  private static @Nullable Long times(@Nullable Long count, long unit) {
    return count == null ? null : count * unit;
  }
}
