package dev.coracle.criruntime.internal.network;

import java.io.IOException;
import java.util.BitSet;

/**
 * Addresses of one IPv4 range: the first is the gateway's, the others are given out in turn, so
 * that a freed one is not used again at once. Thread-safe.
 */
final class Ipam {
  private final long base;
  private final int bits;
  private final int size;
  private final BitSet used = new BitSet();
  private int next = 2;

  /**
   * @param cidr such as {@code 10.244.3.0/24}; at least four and at most 2^20 addresses
   */
  Ipam(String cidr) {
    String[] parts = cidr.strip().split("/");
    if (parts.length != 2) {
      throw new IllegalArgumentException("not a CIDR: " + cidr);
    }
    bits = Integer.parseInt(parts[1]);
    if (bits < 8 || bits > 30) {
      throw new IllegalArgumentException("no room for pods in " + cidr);
    }
    size = 1 << Math.min(20, 32 - bits);
    base = parse(parts[0]) & mask();
    used.set(0);
    used.set(1);
    used.set((1 << (32 - bits)) - 1);
  }

  private long mask() {
    return (-1L << (32 - bits)) & 0xffffffffL;
  }

  String gateway() {
    return format(base + 1);
  }

  String cidr() {
    return format(base) + "/" + bits;
  }

  int prefixLength() {
    return bits;
  }

  boolean contains(String ip) {
    return (parse(ip) & mask()) == base;
  }

  synchronized String allocate() throws IOException {
    int free = used.nextClearBit(next);
    if (free >= size) {
      free = used.nextClearBit(0);
    }
    if (free >= size) {
      throw new IOException("no free pod address in " + cidr());
    }
    used.set(free);
    next = free + 1 >= size ? 2 : free + 1;
    return format(base + free);
  }

  /** Marks an address as given out; one of another range is of no concern. */
  synchronized void reserve(String ip) {
    if (contains(ip)) {
      used.set((int) (parse(ip) - base));
    }
  }

  synchronized void release(String ip) {
    if (contains(ip)) {
      int index = (int) (parse(ip) - base);
      if (index > 1) {
        used.clear(index);
      }
    }
  }

  private static long parse(String ip) {
    long value = 0;
    String[] parts = ip.split("\\.");
    if (parts.length != 4) {
      throw new IllegalArgumentException("not an IPv4 address: " + ip);
    }
    for (String part : parts) {
      value = (value << 8) | (Integer.parseInt(part) & 0xff);
    }
    return value;
  }

  private static String format(long value) {
    return (value >> 24 & 255)
        + "."
        + (value >> 16 & 255)
        + "."
        + (value >> 8 & 255)
        + "."
        + (value & 255);
  }
}
