package dev.coracle.proxy.internal.policy;

import dev.coracle.proxy.internal.Ipv4Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * IPv4 addresses from one to another, both included, as numbers of 32 bits without sign.
 *
 * @param first at most {@code last}
 */
record AddressRange(long first, long last) {

  /** All there are. */
  static final List<AddressRange> EVERYTHING = List.of(new AddressRange(0, 0xffff_ffffL));

  static AddressRange of(Ipv4Cidr cidr) {
    long first = Integer.toUnsignedLong(cidr.network());
    return new AddressRange(first, first + (1L << (32 - cidr.prefix())) - 1);
  }

  /**
   * What an {@code ipBlock} means: its range without its exceptions, in ascending order. A block of
   * IPv6 addresses means nothing here, and an exception of them takes nothing away.
   */
  static List<AddressRange> ofBlock(String cidr, List<String> except) {
    Optional<Ipv4Cidr> whole = Ipv4Cidr.parse(cidr);
    if (whole.isEmpty()) {
      return List.of();
    }
    List<AddressRange> left = List.of(of(whole.get()));
    for (String text : except) {
      Optional<Ipv4Cidr> gone = Ipv4Cidr.parse(text);
      if (gone.isPresent()) {
        left = without(left, of(gone.get()));
      }
    }
    return left;
  }

  private static List<AddressRange> without(List<AddressRange> ranges, AddressRange gone) {
    List<AddressRange> left = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (gone.last < range.first || gone.first > range.last) {
        left.add(range);
        continue;
      }
      if (range.first < gone.first) {
        left.add(new AddressRange(range.first, gone.first - 1));
      }
      if (range.last > gone.last) {
        left.add(new AddressRange(gone.last + 1, range.last));
      }
    }
    return left;
  }

  boolean contains(long address) {
    return first <= address && address <= last;
  }

  /** As nft reads it: {@code 10.0.0.1} or {@code 10.0.0.1-10.0.0.9}. */
  @Override
  public String toString() {
    return first == last ? dotted(first) : dotted(first) + "-" + dotted(last);
  }

  static String dotted(long address) {
    return (address >>> 24)
        + "."
        + (address >>> 16 & 255)
        + "."
        + (address >>> 8 & 255)
        + "."
        + (address & 255);
  }
}
