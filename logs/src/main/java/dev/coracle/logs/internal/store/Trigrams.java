package dev.coracle.logs.internal.store;

import java.util.BitSet;
import java.util.Locale;

/**
 * Which runs of three characters occur in a segment, as a set of hashes: a text of which one run is
 * missing does not occur in the segment, so the segment need not be read. Upper and lower case are
 * the same.
 */
final class Trigrams {

  private static final int BITS = 1 << 17;

  /** The most that {@link #bytes} gives. */
  static final int BYTES = BITS / 8;

  private final BitSet set;

  Trigrams() {
    this(new BitSet(BITS));
  }

  private Trigrams(BitSet set) {
    this.set = set;
  }

  static Trigrams of(byte[] bytes) {
    return new Trigrams(BitSet.valueOf(bytes));
  }

  byte[] bytes() {
    return set.toByteArray();
  }

  void add(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (int i = 0; i + 3 <= lower.length(); i++) {
      set.set(hash(lower, i));
    }
  }

  /** False: certainly not. True: perhaps. */
  boolean mayContain(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (int i = 0; i + 3 <= lower.length(); i++) {
      if (!set.get(hash(lower, i))) {
        return false;
      }
    }
    return true;
  }

  private static int hash(String s, int at) {
    int h = (s.charAt(at) * 31 + s.charAt(at + 1)) * 31 + s.charAt(at + 2);
    h *= 0x9E3779B9;
    return (h >>> 15) & (BITS - 1);
  }
}
