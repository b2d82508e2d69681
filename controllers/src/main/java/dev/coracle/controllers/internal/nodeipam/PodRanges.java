package dev.coracle.controllers.internal.nodeipam;

import java.util.OptionalInt;

/** A range of IPv4 addresses cut into equal parts. */
final class Ipv4Ranges {

  private final long base;
  private final int prefix;
  private final int part;

  /**
   * @param cidr such as {@code 10.244.0.0/16}; empty for none
   */
  Ipv4Ranges(String cidr, int partPrefix) {
    if (cidr.isEmpty()) {
      base = 0;
      prefix = partPrefix + 1;
      part = partPrefix;
      return;
    }
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not an address range: " + cidr);
    }
    prefix = Integer.parseInt(cidr.substring(slash + 1));
    // A range smaller than a node's goes to one node whole.
    part = Math.max(partPrefix, prefix);
    long address = parse(cidr.substring(0, slash));
    base = prefix == 0 ? 0 : address >> (32 - prefix) << (32 - prefix);
  }

  int size() {
    return prefix > part ? 0 : 1 << Math.min(20, part - prefix);
  }

  String get(int index) {
    long address = base + ((long) index << (32 - part));
    return (address >> 24 & 255)
        + "."
        + (address >> 16 & 255)
        + "."
        + (address >> 8 & 255)
        + "."
        + (address & 255)
        + "/"
        + part;
  }

  /** Which part this is; empty where it is none. */
  OptionalInt indexOf(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0 || cidr.contains(":")) {
      return OptionalInt.empty();
    }
    long offset = parse(cidr.substring(0, slash)) - base;
    long index = offset >> (32 - part);
    return offset < 0 || index >= size() ? OptionalInt.empty() : OptionalInt.of((int) index);
  }

  private static long parse(String address) {
    long out = 0;
    String[] octets = address.split("\\.");
    if (octets.length != 4) {
      throw new IllegalArgumentException("not an IPv4 address: " + address);
    }
    for (String octet : octets) {
      out = out << 8 | Integer.parseInt(octet);
    }
    return out;
  }
}
