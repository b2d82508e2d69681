package dev.coracle.criruntime.internal.network;

import java.io.IOException;
import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Addresses of one range: the first is the gateway's, the others are given out in turn, so that a
 * freed one is not used again at once. Thread-safe.
 */
final class Ipam {

  /** So many of a range's addresses are ever given out; an IPv6 range has more than any bitmap. */
  private static final int MOST_BITS = 20;

  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;
  private static final int SHORTEST_PREFIX = 8;

  private final BigInteger base;
  private final int width;
  private final int bits;
  private final int size;
  private final BitSet used = new BitSet();
  private int next = 2;

  /**
   * @param cidr such as {@code 10.244.3.0/24} or {@code fd00:10:244:3::/64}; at least four
   *     addresses
   */
  Ipam(String cidr) {
    String[] parts = cidr.strip().split("/");
    if (parts.length != 2) {
      throw new IllegalArgumentException("not a CIDR: " + cidr);
    }
    width = isIpv6(cidr) ? IPV6_BITS : IPV4_BITS;
    bits = Integer.parseInt(parts[1]);
    if (bits < SHORTEST_PREFIX || bits > width - 2) {
      throw new IllegalArgumentException("no room for pods in " + cidr);
    }
    size = 1 << Math.min(MOST_BITS, width - bits);
    base = parse(parts[0]).shiftRight(width - bits).shiftLeft(width - bits);
    used.set(0);
    used.set(1);
    if (width == IPV4_BITS) {
      used.set((1 << (width - bits)) - 1);
    }
  }

  /**
   * The ranges of a comma-separated list, one of a family.
   *
   * @throws IllegalArgumentException there is none, or two of the same family
   */
  static List<Ipam> of(String cidrs) {
    List<Ipam> out = new ArrayList<>();
    for (String cidr : cidrs.split(",")) {
      if (cidr.isBlank()) {
        continue;
      }
      Ipam range = new Ipam(cidr);
      if (out.stream().anyMatch(other -> other.isIpv6() == range.isIpv6())) {
        throw new IllegalArgumentException("more than one pod CIDR of a family: " + cidrs);
      }
      out.add(range);
    }
    if (out.isEmpty()) {
      throw new IllegalArgumentException("no pod CIDR in \"" + cidrs + '"');
    }
    return List.copyOf(out);
  }

  static boolean isIpv6(String addressOrRange) {
    return addressOrRange.indexOf(':') >= 0;
  }

  boolean isIpv6() {
    return width == IPV6_BITS;
  }

  String gateway() {
    return format(1);
  }

  String cidr() {
    return format(0) + "/" + bits;
  }

  int prefixLength() {
    return bits;
  }

  /** How long the prefix of a single address is. */
  int addressBits() {
    return width;
  }

  boolean contains(String ip) {
    return isIpv6(ip) == isIpv6() && offset(ip).shiftRight(width - bits).signum() == 0;
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
    return format(free);
  }

  /** Marks an address as given out; one that is never given out is of no concern. */
  synchronized void reserve(String ip) {
    int index = index(ip);
    if (index > 1) {
      used.set(index);
    }
  }

  synchronized void release(String ip) {
    int index = index(ip);
    if (index > 1) {
      used.clear(index);
    }
  }

  /** Its number among those that are given out, 0 for any other. */
  private int index(String ip) {
    BigInteger offset = contains(ip) ? offset(ip) : BigInteger.ZERO;
    return offset.bitLength() > MOST_BITS || offset.intValue() >= size ? 0 : offset.intValue();
  }

  private BigInteger offset(String ip) {
    return parse(ip).subtract(base);
  }

  private static BigInteger parse(String ip) {
    return new BigInteger(1, InetAddress.ofLiteral(ip).getAddress());
  }

  private String format(int index) {
    byte[] number = base.add(BigInteger.valueOf(index)).toByteArray();
    byte[] bytes = new byte[width / Byte.SIZE];
    for (int i = 1; i <= Math.min(number.length, bytes.length); i++) {
      bytes[bytes.length - i] = number[number.length - i];
    }
    try {
      return isIpv6()
          ? canonical(Inet6Address.getByAddress(null, bytes, -1).getHostAddress())
          : InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The longest run of zeros as two colons (RFC 5952), of groups without leading zeros. */
  private static String canonical(String groups) {
    String bounded = ":" + groups + ":";
    for (int n = 8; n > 1; n--) {
      int at = bounded.indexOf(":0".repeat(n) + ":");
      if (at >= 0) {
        String before = bounded.substring(Math.min(1, at), at);
        String after = bounded.substring(at + 2 * n + 1, bounded.length());
        return before + "::" + (after.isEmpty() ? "" : after.substring(0, after.length() - 1));
      }
    }
    return groups;
  }
}
