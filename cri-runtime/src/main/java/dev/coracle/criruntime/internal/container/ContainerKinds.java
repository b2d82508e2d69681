package dev.coracle.criruntime.internal.container;

import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.linux.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Chooses what runs containers on this machine: crun, runc, namespaces, processes, in this order.
 */
public final class ContainerKinds {
  private ContainerKinds() {}

  /**
   * @throws IllegalStateException when what was asked for cannot be had; the message says why
   */
  public static ContainerKind choose(RuntimeChoice choice, Path state, CgroupHost cgroups) {
    if (!Native.isAvailable()) {
      throw new IllegalStateException(
          "containers need Linux on x86_64 or aarch64; this is "
              + System.getProperty("os.name")
              + " on "
              + System.getProperty("os.arch"));
    }
    boolean root = isRoot();
    return switch (choice) {
      case CRUN -> oci("crun", root, state, cgroups).orElseThrow(() -> missing("crun", root));
      case RUNC -> oci("runc", root, state, cgroups).orElseThrow(() -> missing("runc", root));
      case NAMESPACES ->
          namespaces(root).orElseThrow(() -> missing("util-linux (unshare, setpriv)", root));
      case PROCESS -> process("asked for");
      case AUTO ->
          oci("crun", root, state, cgroups)
              .map(ContainerKind.class::cast)
              .or(() -> oci("runc", root, state, cgroups))
              .or(() -> namespaces(root))
              .orElseGet(() -> process(root ? "no crun, runc or util-linux" : "not root"));
    };
  }

  private static IllegalStateException missing(String what, boolean root) {
    return new IllegalStateException(
        root ? what + " was asked for but not found" : what + " was asked for but needs root");
  }

  private static Optional<OciKind> oci(String name, boolean root, Path state, CgroupHost cgroups) {
    return root && cgroups.isWritable() ? OciKind.find(name, state, cgroups) : Optional.empty();
  }

  private static Optional<NamespacesKind> namespaces(boolean root) {
    return root ? NamespacesKind.find() : Optional.empty();
  }

  private static ProcessKind process(String reason) {
    return new ProcessKind(reason, HostTools.find("sh").orElse(Path.of("/bin/sh")));
  }

  /** Root with the right to make namespaces. */
  static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)
          && Capabilities.ours().contains("SYS_ADMIN");
    } catch (IOException e) {
      return false;
    }
  }
}
