package dev.coracle.apiserver.internal.service;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** An IPv4 network in CIDR form, counted from its first address. */
public record AddressRange(int base, int bits) {

  /**
   * @throws IllegalArgumentException when it is none
   */
  public static AddressRange parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0) {
      throw new IllegalArgumentException("not a CIDR: " + cidr);
    }
    int bits = Integer.parseInt(cidr.substring(slash + 1));
    int address = number(cidr.substring(0, slash));
    if (bits < 12 || bits > 30) {
      throw new IllegalArgumentException("a service CIDR has a prefix of 12 to 30 bits: " + cidr);
    }
    return new AddressRange(address & (-1 << (32 - bits)), bits);
  }

  /** One of 8 to 30 bits; null for what is none, as every IPv6 network. */
  static @Nullable AddressRange tryParse(String cidr) {
    int slash = cidr.indexOf('/');
    try {
      int bits = slash < 0 ? -1 : Integer.parseInt(cidr.substring(slash + 1));
      return bits < 8 || bits > 30
          ? null
          : new AddressRange(number(cidr.substring(0, slash)) & (-1 << (32 - bits)), bits);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static int number(String ip) {
    try {
      if (!ip.matches("[0-9]+(\\.[0-9]+){3}")) {
        throw new IllegalArgumentException("not an IPv4 address: " + ip);
      }
      byte[] b = InetAddress.getByName(ip).getAddress();
      return (b[0] & 255) << 24 | (b[1] & 255) << 16 | (b[2] & 255) << 8 | b[3] & 255;
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("not an IPv4 address: " + ip, e);
    }
  }

  public int size() {
    return 1 << (32 - bits);
  }

  /** How far an address is from the first one; -1 when it lies outside or is no address. */
  public int offset(String ip) {
    try {
      int offset = number(ip) - base;
      return offset >= 0 && offset < size() ? offset : -1;
    } catch (IllegalArgumentException e) {
      return -1;
    }
  }

  public String address(int offset) {
    int n = base + offset;
    return (n >>> 24) + "." + (n >>> 16 & 255) + "." + (n >>> 8 & 255) + "." + (n & 255);
  }
}
