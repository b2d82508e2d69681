package dev.coracle.criruntime.internal.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Linux capabilities by name (without CAP_) and number, and what a container gets of them. */
public final class Capabilities {
  /** In the order of their numbers. */
  private static final List<String> NAMES =
      List.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "DAC_READ_SEARCH",
          "FOWNER",
          "FSETID",
          "KILL",
          "SETGID",
          "SETUID",
          "SETPCAP",
          "LINUX_IMMUTABLE",
          "NET_BIND_SERVICE",
          "NET_BROADCAST",
          "NET_ADMIN",
          "NET_RAW",
          "IPC_LOCK",
          "IPC_OWNER",
          "SYS_MODULE",
          "SYS_RAWIO",
          "SYS_CHROOT",
          "SYS_PTRACE",
          "SYS_PACCT",
          "SYS_ADMIN",
          "SYS_BOOT",
          "SYS_NICE",
          "SYS_RESOURCE",
          "SYS_TIME",
          "SYS_TTY_CONFIG",
          "MKNOD",
          "LEASE",
          "AUDIT_WRITE",
          "AUDIT_CONTROL",
          "SETFCAP",
          "MAC_OVERRIDE",
          "MAC_ADMIN",
          "SYSLOG",
          "WAKE_ALARM",
          "BLOCK_SUSPEND",
          "AUDIT_READ",
          "PERFMON",
          "BPF",
          "CHECKPOINT_RESTORE");

  /** What container runtimes have given by default since Docker. */
  private static final Set<String> DEFAULTS =
      Set.of(
          "CHOWN",
          "DAC_OVERRIDE",
          "FSETID",
          "FOWNER",
          "MKNOD",
          "NET_RAW",
          "SETGID",
          "SETUID",
          "SETFCAP",
          "SETPCAP",
          "NET_BIND_SERVICE",
          "SYS_CHROOT",
          "KILL",
          "AUDIT_WRITE");

  private Capabilities() {}

  /** What this process may pass on. */
  public static Set<String> ours() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("CapBnd:")) {
          long bits = Long.parseUnsignedLong(line.substring(7).strip(), 16);
          Set<String> names = new TreeSet<>();
          for (int i = 0; i < NAMES.size(); i++) {
            if ((bits >> i & 1) != 0) {
              names.add(NAMES.get(i));
            }
          }
          return names;
        }
      }
    } catch (IOException e) {
      // No proc, no capabilities to speak of.
    }
    return Set.of();
  }

  /** The bounding set of a container: drops first, then adds, {@code ALL} understood in both. */
  public static Set<String> bounding(
      boolean privileged, Collection<String> add, Collection<String> drop, Set<String> ours) {
    Set<String> set = new TreeSet<>(privileged ? NAMES : DEFAULTS);
    if (!privileged) {
      if (normal(drop).contains("ALL")) {
        set.clear();
      }
      if (normal(add).contains("ALL")) {
        set.addAll(NAMES);
      }
      set.removeAll(normal(drop));
      normal(add).stream().filter(NAMES::contains).forEach(set::add);
    }
    set.retainAll(ours);
    return set;
  }

  static List<String> normal(Collection<String> names) {
    List<String> list = new ArrayList<>();
    for (String name : names) {
      String upper = name.toUpperCase(Locale.ROOT);
      list.add(upper.startsWith("CAP_") ? upper.substring(4) : upper);
    }
    return list;
  }

  public static int number(String name) {
    return NAMES.indexOf(name);
  }

  public static List<String> all() {
    return NAMES;
  }
}
