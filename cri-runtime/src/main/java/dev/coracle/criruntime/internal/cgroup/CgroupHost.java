package dev.coracle.criruntime.internal.cgroup;

import dev.coracle.criruntime.internal.linux.ProcFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where this machine's cgroup hierarchies are mounted: one per controller in version 1, one for all
 * in version 2, and both on a hybrid host. Immutable.
 *
 * @param controllers version 1 controller to its mount point
 * @param unified the version 2 mount point
 * @param named mount points of hierarchies without a controller, such as {@code name=systemd}: OCI
 *     runtimes make groups there too
 */
public record CgroupHost(Map<String, Path> controllers, Optional<Path> unified, List<Path> named) {
  public CgroupHost {
    controllers = Map.copyOf(controllers);
    named = List.copyOf(named);
  }

  /** What is mounted here; nothing on a host without cgroups. */
  public static CgroupHost detect() {
    try {
      return parse(ProcFiles.text(Path.of("/proc/self/mountinfo")).lines().toList());
    } catch (IOException e) {
      return new CgroupHost(Map.of(), Optional.empty(), List.of());
    }
  }

  /** Reads lines of {@code mountinfo} (proc(5)). */
  static CgroupHost parse(List<String> mountinfo) {
    Map<String, Path> v1 = new HashMap<>();
    List<Path> named = new ArrayList<>();
    Path v2 = null;
    for (String line : mountinfo) {
      String[] sides = line.split(" - ", 2);
      if (sides.length < 2) {
        continue;
      }
      String[] left = sides[0].split(" ");
      String[] right = sides[1].split(" ");
      if (left.length < 5 || right.length < 3) {
        continue;
      }
      // Other mounts may be at places that no path of this locale can tell.
      if (right[0].equals("cgroup2")) {
        v2 = v2 == null ? mountPoint(left[4]) : v2;
      } else if (right[0].equals("cgroup")) {
        Path at = mountPoint(left[4]);
        for (String option : right[2].split(",")) {
          if (option.startsWith("name=")) {
            named.add(at);
          } else if (!option.equals("rw") && !option.equals("ro")) {
            v1.putIfAbsent(option, at);
          }
        }
      }
    }
    return new CgroupHost(v1, Optional.ofNullable(v2), named);
  }

  private static Path mountPoint(String field) {
    return Path.of(field.replace("\\040", " "));
  }

  /** True when version 2 alone limits resources here. */
  public boolean isV2() {
    return !controllers.containsKey("memory") && unified.isPresent();
  }

  /** Whether huge pages can be limited by whoever limits memory. */
  public boolean limitsHugePages() {
    return isV2()
        ? CgroupFiles.lines(unified.orElseThrow().resolve("cgroup.controllers")).stream()
            .anyMatch(line -> List.of(line.split(" ")).contains("hugetlb"))
        : controllers.containsKey("hugetlb");
  }

  public boolean isHybrid() {
    return !controllers.isEmpty() && unified.isPresent();
  }

  /** Whether groups can be made, which needs root or a delegated tree. */
  public boolean isWritable() {
    Path probe = isV2() ? unified.orElseThrow() : controllers.get("memory");
    return probe != null && Files.isWritable(probe);
  }

  /** "v1", "v2", "hybrid" or "none". */
  public String kind() {
    return isHybrid() && !isV2() ? "hybrid" : isV2() ? "v2" : controllers.isEmpty() ? "none" : "v1";
  }

  /** The group of this path, which need not exist yet. */
  public Cgroup group(String path) {
    return new Cgroup(this, path.startsWith("/") ? path : "/" + path);
  }
}
