package dev.coracle.coredns.internal.corefile;

import dev.coracle.coredns.internal.corefile.Corefile.Block;
import dev.coracle.coredns.internal.corefile.Corefile.Directive;
import dev.coracle.coredns.internal.corefile.NameSettings.Hosts;
import dev.coracle.coredns.internal.corefile.NameSettings.Zone;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.xbill.DNS.Name;
import org.xbill.DNS.TextParseException;

/**
 * Reads what is understood of a Corefile: zones with {@code forward} and {@code hosts}. What this
 * server does anyway is passed over in silence, all else with a remark.
 */
public final class CorefileReader {

  private static final int DNS_PORT = 53;
  private static final String RESOLV_CONF = "/etc/resolv.conf";

  /** Done here in one way, whatever stands behind the word. */
  private static final Set<String> ALWAYS =
      Set.of(
          "cache",
          "errors",
          "health",
          "kubernetes",
          "lameduck",
          "loadbalance",
          "log",
          "loop",
          "prometheus",
          "ready",
          "reload");

  private final List<InetSocketAddress> nodes;
  private final List<String> remarks = new ArrayList<>();

  /**
   * @param nodes the name servers of the node, which are meant by {@code /etc/resolv.conf}
   */
  public CorefileReader(List<InetSocketAddress> nodes) {
    this.nodes = List.copyOf(nodes);
  }

  /**
   * @throws CorefileException where it is none, or asks somebody who cannot be asked
   */
  public NameSettings read(String text) throws CorefileException {
    Map<Name, Zone> zones = new LinkedHashMap<>();
    for (Block block : Corefile.parse(text).blocks()) {
      for (String key : block.keys()) {
        Name name = zone(key);
        if (zones.put(name, zone(name, block)) != null) {
          throw new CorefileException(1, "there are two blocks of the zone " + name);
        }
      }
    }
    zones.computeIfAbsent(Name.root, root -> new Zone(root, nodes, Hosts.NONE));
    return new NameSettings(List.copyOf(zones.values()), remarks);
  }

  private Name zone(String key) throws CorefileException {
    String text = key.startsWith("dns://") ? key.substring("dns://".length()) : key;
    int colon = text.lastIndexOf(':');
    if (text.contains("://")) {
      throw new CorefileException(1, "the block " + key + " is not of plain DNS");
    }
    if (colon >= 0 && !text.substring(colon + 1).equals(String.valueOf(DNS_PORT))) {
      throw new CorefileException(1, "the block " + key + " is of another port than 53");
    }
    return name(1, colon < 0 ? text : text.substring(0, colon));
  }

  private static Name name(int line, String text) throws CorefileException {
    try {
      return Name.fromString(text, Name.root).canonicalize();
    } catch (TextParseException e) {
      throw new CorefileException(line, "'" + text + "' is no name: " + e.getMessage());
    }
  }

  private Zone zone(Name name, Block block) throws CorefileException {
    List<InetSocketAddress> servers = new ArrayList<>();
    Hosts hosts = Hosts.NONE;
    for (Directive directive : block.directives()) {
      switch (directive.name()) {
        case "forward" -> servers.addAll(forward(directive));
        case "hosts" -> hosts = hosts(directive);
        default -> {
          if (!ALWAYS.contains(directive.name())) {
            remarks.add(
                "line %d: '%s' is not known here and does nothing"
                    .formatted(directive.line(), directive.name()));
          }
        }
      }
    }
    return new Zone(name, List.copyOf(servers), hosts);
  }

  /** {@code forward FROM TO…}; how the servers are asked is not to be chosen. */
  private List<InetSocketAddress> forward(Directive forward) throws CorefileException {
    if (forward.arguments().size() < 2) {
      throw new CorefileException(forward.line(), "forward needs a zone and a server");
    }
    List<InetSocketAddress> out = new ArrayList<>();
    for (String to : forward.arguments().subList(1, forward.arguments().size())) {
      if (to.equals(RESOLV_CONF)) {
        out.addAll(nodes);
      } else {
        out.add(server(forward.line(), to));
      }
    }
    return out;
  }

  /** {@code 192.0.2.1}, {@code 192.0.2.1:5353}, {@code [2001:db8::1]:53}, {@code dns://…}. */
  private static InetSocketAddress server(int line, String text) throws CorefileException {
    String rest = text.startsWith("dns://") ? text.substring("dns://".length()) : text;
    int bracket = rest.indexOf(']');
    int colon = rest.lastIndexOf(':');
    boolean hasPort = bracket >= 0 ? colon > bracket : colon >= 0 && colon == rest.indexOf(':');
    String host = hasPort ? rest.substring(0, colon) : rest;
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      int port = hasPort ? Integer.parseInt(rest.substring(colon + 1)) : DNS_PORT;
      return new InetSocketAddress(InetAddress.ofLiteral(host), port);
    } catch (IllegalArgumentException e) {
      throw new CorefileException(
          line, "'" + text + "' is no server of plain DNS: an address, or address:port");
    }
  }

  private Hosts hosts(Directive hosts) throws CorefileException {
    if (!hosts.arguments().isEmpty()) {
      remarks.add("line %d: files of hosts are not read".formatted(hosts.line()));
    }
    Map<Name, List<InetAddress>> addresses = new LinkedHashMap<>();
    int ttl = Hosts.NONE.ttl();
    boolean fallthrough = false;
    boolean reverse = true;
    for (Directive entry : hosts.body()) {
      switch (entry.name()) {
        case "fallthrough" -> fallthrough = true;
        case "no_reverse" -> reverse = false;
        case "reload" -> {}
        case "ttl" -> ttl = ttl(entry);
        default -> host(entry, addresses);
      }
    }
    return new Hosts(Map.copyOf(addresses), ttl, fallthrough, reverse);
  }

  private static int ttl(Directive entry) throws CorefileException {
    try {
      int ttl = Integer.parseInt(String.join(" ", entry.arguments()));
      if (ttl >= 0) {
        return ttl;
      }
    } catch (NumberFormatException e) {
      // Told below, as a negative one is.
    }
    throw new CorefileException(entry.line(), "ttl needs a number of seconds");
  }

  private static void host(Directive entry, Map<Name, List<InetAddress>> into)
      throws CorefileException {
    InetAddress address;
    try {
      address = InetAddress.ofLiteral(entry.name());
    } catch (IllegalArgumentException e) {
      throw new CorefileException(entry.line(), "'" + entry.name() + "' is no address");
    }
    for (String name : entry.arguments()) {
      into.computeIfAbsent(name(entry.line(), name), _ -> new ArrayList<>()).add(address);
    }
  }
}
