package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel tells of a cgroup's use. Reads files of the kernel. Stateless.
 *
 * @param unified where the version 2 hierarchy is mounted; of a hybrid host too
 * @param version1 where those of version 1 are, by what they count ({@code memory}); what is not
 *     among them version 2 counts
 */
public record GroupFiles(Optional<Path> unified, Map<String, Path> version1) {

  public GroupFiles {
    version1 = Map.copyOf(version1);
  }

  /**
   * What a group has used: memory in bytes now, the others since it was made.
   *
   * @param workingSet usage less page cache that can go
   * @param memoryLimit of the group itself, null for none
   * @param swap null where the kernel does not count it
   * @param swapAvailable what is left of the group's own limit of swap, null without one
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
      @Nullable Long swap,
      @Nullable Long swapAvailable) {

    /** What is left of the limit, null without one. */
    public @Nullable Long available() {
      return memoryLimit == null ? null : Math.max(0, memoryLimit - workingSet);
    }
  }

  /** Those of this machine. */
  public static GroupFiles detect() {
    try {
      return of(Files.readAllLines(Path.of("/proc/self/mounts")));
    } catch (IOException e) {
      return new GroupFiles(Optional.empty(), Map.of());
    }
  }

  /**
   * @param mounts as in {@code /proc/self/mounts}
   */
  static GroupFiles of(List<String> mounts) {
    Optional<Path> unified = Optional.empty();
    Map<String, Path> version1 = new HashMap<>();
    for (String line : mounts) {
      String[] f = line.split(" ");
      if (f.length < 4) {
        continue;
      }
      if (f[2].equals("cgroup2")) {
        unified = Optional.of(Path.of(f[1]));
      } else if (f[2].equals("cgroup")) {
        for (String option : f[3].split(",")) {
          version1.put(option, Path.of(f[1]));
        }
      }
    }
    return new GroupFiles(unified, version1);
  }

  boolean isVersion1(String controller) {
    return version1.containsKey(controller);
  }

  /**
   * Where a controller's files of a group are, whether there is such a group or not.
   *
   * @param group an absolute path below the mount points; anything else names none
   */
  Optional<Path> directory(String controller, String group) {
    return Optional.ofNullable(version1.get(controller))
        .or(() -> unified)
        .filter(_ -> group.startsWith("/"))
        .map(at -> at.resolve(group.substring(1)));
  }

  /**
   * @param group an absolute path below the mount points; anything else names none
   * @return empty where there is no such group
   */
  public Optional<Use> use(String group) {
    Optional<Path> memoryOf = directory("memory", group);
    Optional<Path> cpuOf = directory("cpuacct", group);
    try {
      return memoryOf.isEmpty() || cpuOf.isEmpty()
          ? Optional.empty()
          : Optional.of(read(memoryOf.get(), cpuOf.get()));
    } catch (IOException | NumberFormatException e) {
      return Optional.empty();
    }
  }

  private Use read(Path memoryOf, Path cpuOf) throws IOException {
    boolean v1 = isVersion1("memory");
    String total = v1 ? "total_" : "";
    List<String> stat = Files.readAllLines(memoryOf.resolve("memory.stat"));
    long usage = number(memoryOf.resolve(v1 ? "memory.usage_in_bytes" : "memory.current"));
    Long swap =
        v1
            ? KeyedFile.read(memoryOf.resolve("memory.stat")).get("total_swap")
            : KeyedFile.number(memoryOf.resolve("memory.swap.current"));
    Long swapLimit = v1 ? null : KeyedFile.limit(memoryOf.resolve("memory.swap.max"));
    return new Use(
        Files.getLastModifiedTime(memoryOf).toInstant(),
        isVersion1("cpuacct")
            ? number(cpuOf.resolve("cpuacct.usage"))
            : keyed(Files.readAllLines(cpuOf.resolve("cpu.stat")), "usage_usec") * 1000,
        usage,
        Math.max(0, usage - keyed(stat, total + "inactive_file")),
        keyed(stat, v1 ? "total_rss" : "anon"),
        keyed(stat, total + "pgfault"),
        keyed(stat, total + "pgmajfault"),
        KeyedFile.limit(memoryOf.resolve(v1 ? "memory.limit_in_bytes" : "memory.max")),
        swap,
        swap == null || swapLimit == null ? null : Math.max(0, swapLimit - swap));
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
