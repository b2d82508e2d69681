package dev.coracle.kubelet.internal.eviction;

import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;

/**
 * What a pod asks for and this node does not have left: thousandths of a CPU, bytes, pods or
 * pieces.
 */
public record Lack(String resource, long requested, long used, long capacity) {

  /** What others would have to give up. */
  public long missing() {
    return requested - (capacity - used);
  }

  public Verdict verdict() {
    return Verdict.rejected(
        "OutOf" + resource,
        "Node didn't have enough resource: "
            + resource
            + ", requested: "
            + requested
            + ", used: "
            + used
            + ", capacity: "
            + capacity);
  }
}
