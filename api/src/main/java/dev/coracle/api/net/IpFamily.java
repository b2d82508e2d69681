package dev.coracle.api.net;

import java.util.Arrays;
import java.util.Optional;

/** A version of the Internet Protocol, named as Kubernetes' {@code ipFamilies} name it. */
public enum IpFamily {
  IPv4(4),
  IPv6(16);

  private final int bytes;

  IpFamily(int bytes) {
    this.bytes = bytes;
  }

  /** The family of an address or range that is written well. */
  public static IpFamily of(String address) {
    return address.indexOf(':') >= 0 ? IPv6 : IPv4;
  }

  /** The one of this name; empty where it is none. */
  public static Optional<IpFamily> named(String text) {
    return Arrays.stream(values()).filter(family -> family.name().equals(text)).findFirst();
  }

  public IpFamily other() {
    return this == IPv4 ? IPv6 : IPv4;
  }

  /** How long an address is. */
  public int bytes() {
    return bytes;
  }

  /** How long an address is: 32 or 128. */
  public int bits() {
    return bytes * Byte.SIZE;
  }
}
