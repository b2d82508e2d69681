package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.node.SwapSpace;

/**
 * What of the node containers' limits follow from.
 *
 * @param memoryBytes of the machine
 * @param options how limits are enforced
 * @param cgroupVersion 1 or 2, or 0 where there are no cgroups
 */
public record NodeLimits(
    long memoryBytes, SwapSpace swap, CgroupOptions options, int cgroupVersion) {

  /** Whether a container that runs out of memory loses all its processes, and not one of them. */
  boolean killsWholeContainers() {
    return cgroupVersion == 2 && !options.singleProcessOomKill().orElse(false);
  }
}
