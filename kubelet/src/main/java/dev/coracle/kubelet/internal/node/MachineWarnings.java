package dev.coracle.kubelet.internal.node;

import dev.coracle.kubelet.internal.event.NodeEvents;
import java.util.function.BooleanSupplier;

/** Tells, by events of the Node when its kubelet starts, what its kernel lacks. */
public final class MachineWarnings {
  private MachineWarnings() {}

  /**
   * @param noswap whether files in memory can be kept out of swap; asked where there is any
   */
  public static void tell(NodeEvents events, SwapSpace swap, BooleanSupplier noswap) {
    tell(events, Machine.text("/proc/self/mounts"), swap, noswap);
  }

  /**
   * @param mounts as in {@code /proc/self/mounts}
   */
  static void tell(NodeEvents events, String mounts, SwapSpace swap, BooleanSupplier noswap) {
    if (Machine.cgroupVersion(mounts) == 1) {
      events.warning(
          "CgroupV1", "cgroup v1 support is in maintenance mode, please migrate to cgroup v2");
    }
    if (swap.bytes() > 0 && !noswap.getAsBoolean()) {
      events.warning(
          "PossibleMemoryBackedVolumesOnDisk",
          "The tmpfs noswap option is not supported. Memory-backed volumes (e.g. secrets,"
              + " emptyDirs, etc.) might be swapped to disk and should no longer be considered"
              + " secure.");
    }
  }
}
