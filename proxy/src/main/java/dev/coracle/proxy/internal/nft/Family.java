package dev.coracle.proxy.internal.nft;

import dev.coracle.api.net.IpFamily;

/** An IP family in the words of nft. */
public enum Family {
  IPV4(IpFamily.IPv4, "ip", "ipv4_addr", "127.0.0.0/8"),
  IPV6(IpFamily.IPv6, "ip6", "ipv6_addr", "::1");

  private final IpFamily family;
  private final String word;
  private final String type;
  private final String loopback;

  Family(IpFamily family, String word, String type, String loopback) {
    this.family = family;
    this.word = word;
    this.type = type;
    this.loopback = loopback;
  }

  public boolean has(String addressOrRange) {
    return IpFamily.of(addressOrRange) == family;
  }

  /** Of tables, and of what stands before {@code saddr}. */
  public String word() {
    return word;
  }

  /** Of the elements of sets. */
  public String type() {
    return type;
  }

  /** Addresses that packets of the host alone have. */
  String loopback() {
    return loopback;
  }
}
