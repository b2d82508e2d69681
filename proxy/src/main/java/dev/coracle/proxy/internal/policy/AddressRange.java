package dev.coracle.proxy.internal.policy;

import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Addresses of one family from one to another, both included, as numbers without sign.
 *
 * @param first at most {@code last}
 */
record AddressRange(IpFamily family, BigInteger first, BigInteger last) {

  static AddressRange of(Cidr cidr) {
    return new AddressRange(cidr.family(), cidr.network(), cidr.last());
  }

  /** All there are of a family. */
  static AddressRange everything(IpFamily family) {
    return of(new Cidr(family, BigInteger.ZERO, 0));
  }

  /**
   * What an {@code ipBlock} means: its range without its exceptions, in ascending order. An
   * exception of the other family takes nothing away.
   */
  static List<AddressRange> ofBlock(String cidr, List<String> except) {
    Optional<Cidr> whole = Cidr.parse(cidr);
    if (whole.isEmpty()) {
      return List.of();
    }
    List<AddressRange> left = List.of(of(whole.get()));
    for (String text : except) {
      Optional<Cidr> gone = Cidr.parse(text).filter(e -> e.family() == whole.get().family());
      if (gone.isPresent()) {
        left = without(left, of(gone.get()));
      }
    }
    return left;
  }

  private static List<AddressRange> without(List<AddressRange> ranges, AddressRange gone) {
    List<AddressRange> left = new ArrayList<>();
    for (AddressRange range : ranges) {
      if (gone.last.compareTo(range.first) < 0 || gone.first.compareTo(range.last) > 0) {
        left.add(range);
        continue;
      }
      if (range.first.compareTo(gone.first) < 0) {
        BigInteger end = gone.first.subtract(BigInteger.ONE);
        left.add(new AddressRange(range.family, range.first, end));
      }
      if (range.last.compareTo(gone.last) > 0) {
        BigInteger begin = gone.last.add(BigInteger.ONE);
        left.add(new AddressRange(range.family, begin, range.last));
      }
    }
    return left;
  }

  /** As nft reads it: {@code 10.0.0.1} or {@code 10.0.0.1-10.0.0.9}. */
  @Override
  public String toString() {
    String begin = Cidr.text(family, first);
    return first.equals(last) ? begin : begin + "-" + Cidr.text(family, last);
  }
}
