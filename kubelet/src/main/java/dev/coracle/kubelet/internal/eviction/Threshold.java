package dev.coracle.kubelet.internal.eviction;

import java.util.List;

/**
 * Below what a node is short of something.
 *
 * @param amount bytes or inodes; 0 when a percentage of the capacity counts
 */
record Threshold(Signal signal, long amount, int percent) {

  /** Upstream's hard thresholds. */
  static final List<Threshold> HARD =
      List.of(
          new Threshold(Signal.MEMORY_AVAILABLE, 100L << 20, 0),
          new Threshold(Signal.NODEFS_AVAILABLE, 0, 10),
          new Threshold(Signal.NODEFS_INODES_FREE, 0, 5),
          new Threshold(Signal.IMAGEFS_AVAILABLE, 0, 15),
          new Threshold(Signal.IMAGEFS_INODES_FREE, 0, 5));

  /** What there is of something. */
  record Observation(long available, long capacity) {}

  long quantity(Observation of) {
    return amount > 0 ? amount : of.capacity() / 100 * percent;
  }

  /** File systems without inodes tell a capacity of none: they are never short of them. */
  boolean isMet(Observation of) {
    return of.capacity() > 0 && of.available() < quantity(of);
  }
}
