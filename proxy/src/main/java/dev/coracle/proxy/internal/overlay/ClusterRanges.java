package dev.coracle.proxy.internal.overlay;

import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import java.util.List;
import java.util.Optional;

/**
 * The pods of all nodes.
 *
 * @param ipv4 empty: pods have no such addresses
 * @param ipv6 empty: pods have no such addresses
 */
record ClusterRanges(Optional<Cidr> ipv4, Optional<Cidr> ipv6) {

  /**
   * @param cidrs one range, or one of each IP family with a comma between
   */
  static ClusterRanges of(String cidrs) {
    List<Cidr> ranges = Cidr.split(cidrs).stream().flatMap(c -> Cidr.parse(c).stream()).toList();
    return new ClusterRanges(first(ranges, IpFamily.IPv4), first(ranges, IpFamily.IPv6));
  }

  private static Optional<Cidr> first(List<Cidr> ranges, IpFamily family) {
    return ranges.stream().filter(range -> range.family() == family).findFirst();
  }

  /** Which of a node's ranges is part of the cluster's of that family. */
  Optional<Cidr> inside(List<String> cidrs, IpFamily family) {
    Optional<Cidr> whole =
        switch (family) {
          case IPv4 -> ipv4;
          case IPv6 -> ipv6;
        };
    return whole.flatMap(all ->
        cidrs.stream().flatMap(c -> Cidr.parse(c).stream()).filter(all::contains).findFirst());
  }
}
