package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel tells of a cgroup's use. Reads files of the kernel. Stateless.
 *
 * @param unified where the version 2 hierarchy is mounted; of a hybrid host too
 * @param cpuacct where version 1's is; likewise {@code memory}. Empty where version 2 counts
 */
public record GroupFiles(Optional<Path> unified, Optional<Path> cpuacct, Optional<Path> memory) {

  /**
   * What a group has used: memory in bytes now, the others since it was made.
   *
   * @param workingSet usage less page cache that can go
   * @param memoryLimit of the group itself, null for none
   * @param swap null where the kernel does not count it
   */
  public record Use(
      Instant since,
      long cpuNanos,
      long memoryUsage,
      long workingSet,
      long rss,
      long pageFaults,
      long majorPageFaults,
      @Nullable Long memoryLimit,
      @Nullable Long swap) {

    /** What is left of the limit, null without one. */
    public @Nullable Long available() {
      return memoryLimit == null ? null : Math.max(0, memoryLimit - workingSet);
    }
  }

  /** Above which a limit of version 1 is none. */
  private static final long UNLIMITED = 1L << 62;

  /** Those of this machine. */
  public static GroupFiles detect() {
    try {
      return of(Files.readAllLines(Path.of("/proc/self/mounts")));
    } catch (IOException e) {
      return new GroupFiles(Optional.empty(), Optional.empty(), Optional.empty());
    }
  }

  /**
   * @param mounts as in {@code /proc/self/mounts}
   */
  static GroupFiles of(List<String> mounts) {
    Optional<Path> unified = Optional.empty();
    Optional<Path> cpuacct = Optional.empty();
    Optional<Path> memory = Optional.empty();
    for (String line : mounts) {
      String[] f = line.split(" ");
      if (f.length < 4) {
        continue;
      }
      if (f[2].equals("cgroup2")) {
        unified = Optional.of(Path.of(f[1]));
      } else if (f[2].equals("cgroup")) {
        List<String> controllers = List.of(f[3].split(","));
        cpuacct = controllers.contains("cpuacct") ? Optional.of(Path.of(f[1])) : cpuacct;
        memory = controllers.contains("memory") ? Optional.of(Path.of(f[1])) : memory;
      }
    }
    return new GroupFiles(unified, cpuacct, memory);
  }

  /**
   * @param group an absolute path below the mount points; anything else names none
   * @return empty where there is no such group
   */
  public Optional<Use> use(String group) {
    if (!group.startsWith("/")) {
      return Optional.empty();
    }
    String path = group.substring(1);
    Optional<Path> memoryOf = memory.or(() -> unified).map(m -> m.resolve(path));
    Optional<Path> cpuOf = cpuacct.or(() -> unified).map(m -> m.resolve(path));
    try {
      return memoryOf.isEmpty() || cpuOf.isEmpty()
          ? Optional.empty()
          : Optional.of(read(memoryOf.get(), cpuOf.get()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private Use read(Path memoryOf, Path cpuOf) throws IOException {
    boolean v1 = memory.isPresent();
    String total = v1 ? "total_" : "";
    List<String> stat = Files.readAllLines(memoryOf.resolve("memory.stat"));
    long usage = number(memoryOf.resolve(v1 ? "memory.usage_in_bytes" : "memory.current"));
    return new Use(
        Files.getLastModifiedTime(memoryOf).toInstant(),
        cpuacct.isPresent()
            ? number(cpuOf.resolve("cpuacct.usage"))
            : keyed(Files.readAllLines(cpuOf.resolve("cpu.stat")), "usage_usec") * 1000,
        usage,
        Math.max(0, usage - keyed(stat, total + "inactive_file")),
        keyed(stat, v1 ? "total_rss" : "anon"),
        keyed(stat, total + "pgfault"),
        keyed(stat, total + "pgmajfault"),
        limit(memoryOf.resolve(v1 ? "memory.limit_in_bytes" : "memory.max")),
        v1 ? swap(stat) : swap(memoryOf.resolve("memory.swap.current")));
  }

  private static @Nullable Long limit(Path file) throws IOException {
    if (!Files.exists(file)) {
      return null; // The root of all has none.
    }
    String text = Files.readString(file).strip();
    return text.equals("max") || Long.parseLong(text) >= UNLIMITED ? null : Long.valueOf(text);
  }

  private static @Nullable Long swap(List<String> stat) {
    return stat.stream().anyMatch(line -> line.startsWith("total_swap "))
        ? keyed(stat, "total_swap")
        : null;
  }

  private static @Nullable Long swap(Path file) throws IOException {
    return Files.exists(file) ? number(file) : null;
  }

  private static long number(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).strip());
  }

  private static long keyed(List<String> lines, String key) {
    return lines.stream()
        .filter(line -> line.startsWith(key + " "))
        .mapToLong(line -> Long.parseLong(line.substring(key.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }
}
