package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.node.SwapSpace;

/**
 * What of the node containers' limits follow from.
 *
 * @param memoryBytes of the machine
 * @param options how limits are enforced
 */
public record NodeLimits(long memoryBytes, SwapSpace swap, CgroupOptions options) {}
