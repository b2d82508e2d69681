package dev.coracle.cridocker.internal.pod;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the shim reads of this machine, which is also the daemon's. */
public final class HostSide {
  private static final Path SELF = Path.of("/proc/self");
  private static final int CAP_SYS_RESOURCE = 24;

  private HostSide() {}

  /** The network namespace of a process. */
  public static Path networkNamespace(int pid) {
    return Path.of("/proc/" + pid + "/ns/net");
  }

  /** The cgroup whose files tell what the process's container uses; empty when it has ended. */
  public static Optional<String> cgroup(int pid) {
    try {
      return cgroup(Files.readAllLines(Path.of("/proc/" + pid + "/cgroup")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Lines of cgroups(7): version 1's for memory, else version 2's. */
  static Optional<String> cgroup(List<String> lines) {
    String unified = "";
    for (String line : lines) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        return Optional.of(parts[2]);
      }
      if (parts.length == 3 && parts[0].equals("0")) {
        unified = parts[2];
      }
    }
    return unified.isEmpty() ? Optional.empty() : Optional.of(unified);
  }

  /** Lowering the score needs a capability that root of a virtual machine may lack. */
  static long oomScore(long wanted) {
    try {
      for (String line : Files.readAllLines(SELF.resolve("status"))) {
        if (line.startsWith("CapEff:")
            && (Long.parseUnsignedLong(line.substring(7).strip(), 16) >> CAP_SYS_RESOURCE & 1)
                == 1) {
          return wanted;
        }
      }
      return Math.max(
          wanted, Long.parseLong(Files.readString(SELF.resolve("oom_score_adj")).strip()));
    } catch (IOException e) {
      return Math.max(wanted, 0);
    }
  }
}
