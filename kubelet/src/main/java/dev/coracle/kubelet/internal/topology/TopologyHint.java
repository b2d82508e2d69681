package dev.coracle.kubelet.internal.topology;

import org.jspecify.annotations.Nullable;

/**
 * From which NUMA nodes something could come.
 *
 * @param nodes null for any
 * @param preferred there is no narrower way on this machine
 */
public record TopologyHint(@Nullable NumaMask nodes, boolean preferred) {
  /** What is known where nobody has asked. */
  public static final TopologyHint UNKNOWN = new TopologyHint(null, false);

  /** Of what may come from anywhere, as far as it is from there. */
  public NumaMask nodesOr(NumaMask all) {
    return nodes == null ? all : nodes;
  }
}
