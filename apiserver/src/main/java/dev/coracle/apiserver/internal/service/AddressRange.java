package dev.coracle.apiserver.internal.service;

import dev.coracle.api.net.IpFamily;
import dev.coracle.api.validation.AddressText;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A network in CIDR form, whose addresses are counted from its first. The count is unsigned: an
 * IPv6 network may have as many addresses as fit a long (KEP-1880).
 *
 * @param high the upper half of the first address; of IPv4 0
 * @param low the lower half; of IPv4 the whole
 * @param bits of the prefix
 */
public record AddressRange(IpFamily family, long high, long low, int bits) {

  /**
   * Of a size that the server's own range may have.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static AddressRange parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not a CIDR: " + cidr);
    }
    int bits;
    byte[] address;
    try {
      bits = Integer.parseInt(cidr.substring(slash + 1));
      address = literal(cidr.substring(0, slash));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not a CIDR: " + cidr, e);
    }
    if (address.length == 4 && (bits < 12 || bits > 30)) {
      throw new IllegalArgumentException(
          "an IPv4 service CIDR has a prefix of 12 to 30 bits: " + cidr);
    }
    if (address.length == 16 && (bits < 64 || bits > 126)) {
      throw new IllegalArgumentException(
          "an IPv6 service CIDR has a prefix of 64 to 126 bits: " + cidr);
    }
    return of(address, bits);
  }

  /** One of 8 to 30 bits, or of 64 to 126 in IPv6; null for what is none. */
  static @Nullable AddressRange tryParse(String cidr) {
    int slash = cidr.indexOf('/');
    try {
      int bits = slash < 0 ? -1 : Integer.parseInt(cidr.substring(slash + 1));
      byte[] address = literal(cidr.substring(0, Math.max(0, slash)));
      boolean fits = address.length == 4 ? bits >= 8 && bits <= 30 : bits >= 64 && bits <= 126;
      return fits ? of(address, bits) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Of four numbers or with colons; Java reads shorter forms too. */
  private static byte[] literal(String ip) {
    if (ip.indexOf(':') < 0 && !ip.matches("[0-9]+(\\.[0-9]+){3}") || ip.indexOf('%') >= 0) {
      throw new IllegalArgumentException("not an IP address: " + ip);
    }
    return InetAddress.ofLiteral(ip).getAddress();
  }

  private static AddressRange of(byte[] address, int bits) {
    return address.length == 4
        ? new AddressRange(IpFamily.IPv4, 0, low(address) & -1L << 32 - bits, bits)
        : new AddressRange(
            IpFamily.IPv6, high(address), bits == 64 ? 0 : low(address) & -1L << 128 - bits, bits);
  }

  private static long high(byte[] address) {
    return address.length == 4 ? 0 : ByteBuffer.wrap(address).getLong();
  }

  private static long low(byte[] address) {
    return address.length == 4
        ? ByteBuffer.wrap(address).getInt() & 0xffff_ffffL
        : ByteBuffer.wrap(address).getLong(8);
  }

  /** The last address, by its unsigned distance from the first. */
  long lastOffset() {
    return family == IpFamily.IPv4
        ? (1L << 32 - bits) - 1
        : bits == 64 ? -1L : (1L << 128 - bits) - 1;
  }

  /**
   * How far an address is from the first one, unsigned; empty when it lies outside or is no
   * address.
   */
  OptionalLong offset(String ip) {
    byte[] address;
    try {
      address = literal(ip);
    } catch (IllegalArgumentException e) {
      return OptionalLong.empty();
    }
    boolean same = address.length == (family == IpFamily.IPv4 ? 4 : 16) && high(address) == high;
    long offset = low(address) - low;
    return same && Long.compareUnsigned(offset, lastOffset()) <= 0
        ? OptionalLong.of(offset)
        : OptionalLong.empty();
  }

  /** In CIDR form. */
  String text() {
    return address(0) + "/" + bits;
  }

  /** As RFC 5952 writes it. */
  String address(long offset) {
    long sum = low + offset;
    return AddressText.canonical(
        family == IpFamily.IPv4
            ? ByteBuffer.allocate(4).putInt((int) sum).array()
            : ByteBuffer.allocate(16).putLong(high).putLong(sum).array());
  }
}
