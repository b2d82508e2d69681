package dev.coracle.api.net;

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

  /** How long an address is. */
  public int bytes() {
    return bytes;
  }

  /** How long an address is: 32 or 128. */
  public int bits() {
    return bytes * Byte.SIZE;
  }
}
