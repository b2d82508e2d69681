package dev.coracle.kubelet.config;

import java.util.BitSet;

/** The kernel's way to name CPUs: {@code 0-2,7}. */
final class CpuList {
  /** More than any kernel is built for. */
  private static final int MOST = 8192;

  private CpuList() {}

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static BitSet parse(String text) {
    BitSet out = new BitSet();
    for (String part : text.split(",", -1)) {
      String[] ends = part.split("-", 2);
      int first = number(text, ends[0]);
      int last = ends.length == 1 ? first : number(text, ends[1]);
      if (last < first) {
        throw wrong(text, "invalid range " + part + " (" + first + " > " + last + ")");
      }
      out.set(first, last + 1);
    }
    return out;
  }

  private static int number(String all, String text) {
    try {
      int number = Integer.parseUnsignedInt(text);
      if (number >= 0 && number < MOST) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told like a number that is too large.
    }
    throw wrong(all, "\"" + text + "\" is no CPU");
  }

  private static IllegalArgumentException wrong(String text, String why) {
    return new IllegalArgumentException(
        "invalid configuration: unable to parse reservedSystemCPUs (--reserved-cpus) "
            + text
            + ", error: "
            + why);
  }
}
