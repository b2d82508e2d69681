package dev.coracle.coredns.internal.corefile;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.xbill.DNS.Name;

/**
 * Who answers which names, as a Corefile says; immutable.
 *
 * @param zones the most specific first, the last one is the root
 * @param remarks on what was passed over, for the log
 */
public record NameSettings(List<Zone> zones, List<String> remarks) {

  /**
   * One zone of a server block.
   *
   * @param servers who is asked about its names, in this order; empty: nobody
   * @param hosts names that are answered here, empty for none
   */
  public record Zone(Name name, List<InetSocketAddress> servers, Hosts hosts) {
    public boolean isRoot() {
      return name.equals(Name.root);
    }
  }

  /**
   * The plugin {@code hosts}.
   *
   * @param addresses by name
   * @param fallthrough whether others are asked about a name that is not here
   * @param reverse whether the addresses have names too
   */
  public record Hosts(
      Map<Name, List<InetAddress>> addresses, int ttl, boolean fallthrough, boolean reverse) {
    public static final Hosts NONE = new Hosts(Map.of(), 3600, true, false);
  }

  public NameSettings {
    zones =
        zones.stream()
            .sorted(Comparator.comparingInt((Zone zone) -> zone.name().labels()).reversed())
            .toList();
    remarks = List.copyOf(remarks);
  }

  /** All names are asked of the node's name servers. */
  public static NameSettings of(List<InetSocketAddress> servers) {
    return new NameSettings(List.of(new Zone(Name.root, servers, Hosts.NONE)), List.of());
  }

  /** Whose a name is. */
  public Zone zoneOf(Name name) {
    return zones.stream()
        .filter(zone -> name.subdomain(zone.name()))
        .findFirst()
        .orElseGet(() -> new Zone(Name.root, List.of(), Hosts.NONE));
  }
}
