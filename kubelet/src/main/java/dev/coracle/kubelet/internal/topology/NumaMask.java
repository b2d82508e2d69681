package dev.coracle.kubelet.internal.topology;

import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * NUMA nodes.
 *
 * @param bits one for each node, by its number
 */
public record NumaMask(long bits) {
  private static final int MOST = Long.SIZE;

  public static final NumaMask NONE = new NumaMask(0);

  /**
   * @throws IllegalArgumentException a node's number is too large
   */
  public static NumaMask of(Collection<Integer> nodes) {
    long bits = 0;
    for (int node : nodes) {
      if (node < 0 || node >= MOST) {
        throw new IllegalArgumentException(
            "NUMA node " + node + " is out of range; it must be less than " + MOST);
      }
      bits |= 1L << node;
    }
    return new NumaMask(bits);
  }

  public int count() {
    return Long.bitCount(bits);
  }

  public boolean isEmpty() {
    return bits == 0;
  }

  public boolean has(int node) {
    return node >= 0 && node < MOST && (bits >>> node & 1) == 1;
  }

  public boolean hasAny(NumaMask other) {
    return (bits & other.bits) != 0;
  }

  public boolean hasAll(NumaMask other) {
    return (bits & other.bits) == other.bits;
  }

  public NumaMask and(NumaMask other) {
    return new NumaMask(bits & other.bits);
  }

  public NumaMask or(NumaMask other) {
    return new NumaMask(bits | other.bits);
  }

  /** In ascending order. */
  public List<Integer> nodes() {
    return IntStream.range(0, MOST).filter(this::has).boxed().toList();
  }

  /** Every set of some of these nodes; as many as two to the power of their number, less one. */
  public Stream<NumaMask> parts() {
    // The next smaller number whose bits are all of the mask.
    return LongStream.iterate(bits, part -> part != 0, part -> part - 1 & bits)
        .mapToObj(NumaMask::new);
  }

  @Override
  public String toString() {
    return nodes().toString();
  }
}
