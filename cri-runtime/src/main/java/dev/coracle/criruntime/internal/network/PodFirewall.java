package dev.coracle.criruntime.internal.network;

import dev.coracle.cri.v1.PortMapping;
import dev.coracle.cri.v1.Protocol;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's own nftables tables, one for each IP family that pods have: pods reach the world
 * outside of the cluster with the node's address, and host ports lead to pods. Traffic between pods
 * and to services is left alone. Without nft there is no masquerade and no host port, and {@link
 * #describe} says so.
 */
public final class PodFirewall {
  private static final Logger LOG = LoggerFactory.getLogger(PodFirewall.class);

  /**
   * What the tables of the families differ in.
   *
   * @param nowhere destinations that no router takes further
   * @param extra a rule that only one of them has
   */
  private record Family(String word, String type, String anywhere, String nowhere, String extra) {
    static final Family IPV4 =
        new Family(
            "ip",
            "ipv4_addr",
            "0.0.0.0",
            "224.0.0.0/4",
            "\n    ip saddr 127.0.0.0/8 oifname \"%s\" masquerade");

    /** A packet from ::1 leaves no host, whatever the rules say. */
    static final Family IPV6 = new Family("ip6", "ipv6_addr", "::", "{ fe80::/10, ff00::/8 }", "");

    static Family of(String addressOrRange) {
      return Ipam.isIpv6(addressOrRange) ? IPV6 : IPV4;
    }
  }

  private final ClusterNames names;
  private final Optional<Path> nft;
  private final List<String> clusterCidrs;
  private volatile boolean hasIpv6;

  public PodFirewall(ClusterNames names, Optional<Path> nft, List<String> clusterCidrs) {
    this.names = names;
    this.nft = nft;
    this.clusterCidrs =
        clusterCidrs.stream().flatMap(c -> Stream.of(c.split(","))).map(String::strip).toList();
  }

  String describe() {
    return nft.isPresent() ? "" : " (no nft: no masquerade, no host ports)";
  }

  /**
   * @param podCidrs of this node, one of a family
   */
  void setUp(List<String> podCidrs) throws IOException {
    if (nft.isEmpty()) {
      LOG.atWarn().log("nft not found: pods have no way out of the cluster, no host ports");
      return;
    }
    hasIpv6 = podCidrs.stream().anyMatch(Ipam::isIpv6);
    run(podCidrs.stream().map(this::table).collect(Collectors.joining())).orThrow("nft");
  }

  String table(String podCidr) {
    Family family = Family.of(podCidr);
    String inside =
        Stream.concat(
                Stream.of(podCidr), clusterCidrs.stream().filter(c -> Family.of(c).equals(family)))
            .collect(Collectors.joining(", "));
    // "add" then "delete" then the table: replaced in one transaction, whether it was there or not.
    return """
    add table %5$s %1$s
    delete table %5$s %1$s
    table %5$s %1$s {
      set inside { type %6$s; flags interval; auto-merge; elements = { %2$s } }
      map hostports { type inet_proto . inet_service : %6$s . inet_service; }
      map hostports-at { type inet_proto . %6$s . inet_service : %6$s . inet_service; }
      chain hostports-in {
        meta l4proto { tcp, udp, sctp } dnat to meta l4proto . %5$s daddr . th dport map @hostports-at
        meta l4proto { tcp, udp, sctp } dnat to meta l4proto . th dport map @hostports
      }
      chain prerouting {
        type nat hook prerouting priority dstnat + 5; policy accept;
        fib daddr type local jump hostports-in
      }
      chain output {
        type nat hook output priority -95; policy accept;
        fib daddr type local jump hostports-in
      }
      chain postrouting {
        type nat hook postrouting priority srcnat + 5; policy accept;%8$s
        %5$s saddr %4$s %5$s daddr != @inside %5$s daddr != %7$s oifname != "%3$s" masquerade
      }
    }
    """
        .formatted(
            names.table(),
            inside,
            names.bridge(),
            podCidr,
            family.word(),
            family.type(),
            family.nowhere(),
            family.extra().formatted(names.bridge()));
  }

  void open(List<String> addresses, List<PortMapping> ports) throws IOException {
    for (String address : addresses) {
      change("add", address, ports);
    }
  }

  void close(List<String> addresses, List<PortMapping> ports) throws IOException {
    for (String address : addresses) {
      change("delete", address, ports);
    }
  }

  private void change(String verb, String address, List<PortMapping> ports) throws IOException {
    if (nft.isEmpty()) {
      return;
    }
    Family family = Family.of(address);
    for (PortMapping p : ports) {
      boolean unsaid = p.getHostIp().isEmpty();
      if (!unsaid && !Family.of(p.getHostIp()).equals(family)) {
        continue; // At an address of one family a port leads to the pod's address of that one.
      }
      String protocol = p.getProtocol().name().toLowerCase(Locale.ROOT);
      // Pods may share a port as long as each takes it at an address of its own.
      boolean anywhere = unsaid || p.getHostIp().equals(family.anywhere());
      String map = anywhere ? "hostports" : "hostports-at";
      String key = protocol + (anywhere ? "" : " . " + p.getHostIp()) + " . " + p.getHostPort();
      String value = verb.equals("add") ? " : " + address + " . " + p.getContainerPort() : "";
      HostTools.Result result =
          run(
              verb
                  + " element "
                  + family.word()
                  + " "
                  + names.table()
                  + " "
                  + map
                  + " { "
                  + key
                  + value
                  + " }\n");
      if (verb.equals("add") && p.getProtocol() != Protocol.UNRECOGNIZED) {
        result.orThrow("host port " + p.getHostPort());
      }
    }
  }

  void remove() throws IOException {
    if (nft.isPresent()) {
      run(removal(Family.IPV4) + (hasIpv6 ? removal(Family.IPV6) : ""));
    }
  }

  private String removal(Family family) {
    return "add table %1$s %2$s\ndelete table %1$s %2$s\n".formatted(family.word(), names.table());
  }

  private HostTools.Result run(String script) throws IOException {
    return HostTools.run(script, List.of(nft.orElseThrow().toString(), "-f", "-"));
  }
}
