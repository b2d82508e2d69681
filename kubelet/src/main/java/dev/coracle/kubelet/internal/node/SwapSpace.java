package dev.coracle.kubelet.internal.node;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The machine's swap.
 *
 * @param bytes of all of it
 * @param limitable whether the kernel holds a cgroup to a part of it: on cgroup v2, where it
 *     accounts for swap
 */
public record SwapSpace(long bytes, boolean limitable) {
  public static final SwapSpace NONE = new SwapSpace(0, false);

  public static SwapSpace read() {
    return new SwapSpace(
        Machine.swapBytes(),
        isLimitable(
            Machine.text("/proc/self/mounts"), Machine.text("/proc/self/cgroup"), Path.of("/")));
  }

  /**
   * As this process's own cgroup shows it: the root cgroup has no limits.
   *
   * @param mounts as in {@code /proc/self/mounts}
   * @param own as in {@code /proc/self/cgroup}
   * @param root where the mount points are, {@code /}
   */
  static boolean isLimitable(String mounts, String own, Path root) {
    for (String mount : mounts.split("\n")) {
      String[] f = mount.split(" ");
      if (f.length < 3 || !f[2].equals("cgroup2")) {
        continue;
      }
      Path at = root.resolve(f[1].substring(1));
      for (String line : own.split("\n")) {
        if (line.startsWith("0::/")
            && Files.exists(
                at.resolve(line.substring("0::/".length())).resolve("memory.swap.max"))) {
          return true;
        }
      }
    }
    return false;
  }
}
