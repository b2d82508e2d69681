package dev.coracle.kubelet.config;

import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** CPUs by their numbers, written as the kernel writes them: {@code 0-2,7}. Immutable. */
public final class CpuSet {
  /** More than any kernel is built for. */
  private static final int MOST = 8192;

  public static final CpuSet NONE = new CpuSet(new BitSet());

  private final BitSet cpus;

  private CpuSet(BitSet cpus) {
    this.cpus = cpus;
  }

  public static CpuSet of(Collection<Integer> ids) {
    BitSet out = new BitSet();
    ids.forEach(out::set);
    return new CpuSet(out);
  }

  /**
   * @param text empty for none
   * @throws IllegalArgumentException that says which part of it is wrong
   */
  public static CpuSet parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    BitSet out = new BitSet();
    for (String part : text.split(",", -1)) {
      String[] ends = part.split("-", 2);
      int first = number(ends[0]);
      int last = ends.length == 1 ? first : number(ends[1]);
      if (last < first) {
        throw new IllegalArgumentException(
            "invalid range " + part + " (" + first + " > " + last + ")");
      }
      out.set(first, last + 1);
    }
    return new CpuSet(out);
  }

  private static int number(String text) {
    try {
      int number = Integer.parseUnsignedInt(text);
      if (number >= 0 && number < MOST) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told like a number that is too large.
    }
    throw new IllegalArgumentException("\"" + text + "\" is no CPU");
  }

  public int size() {
    return cpus.cardinality();
  }

  public boolean isEmpty() {
    return cpus.isEmpty();
  }

  public boolean contains(CpuSet other) {
    return other.minus(this).isEmpty();
  }

  public CpuSet plus(CpuSet other) {
    BitSet out = (BitSet) cpus.clone();
    out.or(other.cpus);
    return new CpuSet(out);
  }

  public CpuSet minus(CpuSet other) {
    BitSet out = (BitSet) cpus.clone();
    out.andNot(other.cpus);
    return new CpuSet(out);
  }

  public CpuSet inBoth(CpuSet other) {
    BitSet out = (BitSet) cpus.clone();
    out.and(other.cpus);
    return new CpuSet(out);
  }

  /** In ascending order. */
  public List<Integer> ids() {
    return cpus.stream().boxed().toList();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CpuSet that && cpus.equals(that.cpus);
  }

  @Override
  public int hashCode() {
    return cpus.hashCode();
  }

  @Override
  public String toString() {
    StringJoiner out = new StringJoiner(",");
    for (int first = cpus.nextSetBit(0); first >= 0; ) {
      int last = cpus.nextClearBit(first) - 1;
      out.add(first == last ? "" + first : first + "-" + last);
      first = cpus.nextSetBit(last + 1);
    }
    return out.toString();
  }
}
