package dev.coracle.proxy.internal;

import java.util.Optional;

/** A range of IPv4 addresses: the network's first address as a number, and the prefix's length. */
public record Ipv4Cidr(int network, int prefix) {

  public static Optional<Ipv4Cidr> parse(String text) {
    int slash = text.indexOf('/');
    String[] octets = (slash < 0 ? "" : text.substring(0, slash)).split("\\.");
    if (octets.length != 4) {
      return Optional.empty();
    }
    try {
      int address = 0;
      for (String octet : octets) {
        int value = Integer.parseInt(octet);
        if (value < 0 || value > 255) {
          return Optional.empty();
        }
        address = address << 8 | value;
      }
      int prefix = Integer.parseInt(text.substring(slash + 1));
      return prefix < 0 || prefix > 32
          ? Optional.empty()
          : Optional.of(new Ipv4Cidr(address & mask(prefix), prefix));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static int mask(int prefix) {
    return prefix == 0 ? 0 : -1 << (32 - prefix);
  }

  public boolean contains(Ipv4Cidr other) {
    return other.prefix >= prefix && (other.network & mask(prefix)) == network;
  }

  /** The first address, which no pod has. */
  public String firstAddress() {
    return (network >>> 24)
        + "."
        + (network >>> 16 & 255)
        + "."
        + (network >>> 8 & 255)
        + "."
        + (network & 255);
  }

  @Override
  public String toString() {
    return firstAddress() + "/" + prefix;
  }
}
