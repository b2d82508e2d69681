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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cluster's own nftables table: pods reach the world outside of the cluster with the node's
 * address, and host ports lead to pods. Traffic between pods and to services is left alone. Without
 * nft there is no masquerade and no host port, and {@link #describe} says so.
 */
public final class PodFirewall {
  private static final Logger LOG = LoggerFactory.getLogger(PodFirewall.class);

  private final ClusterNames names;
  private final Optional<Path> nft;
  private final List<String> clusterCidrs;

  public PodFirewall(ClusterNames names, Optional<Path> nft, List<String> clusterCidrs) {
    this.names = names;
    this.nft = nft;
    this.clusterCidrs = clusterCidrs.stream().filter(c -> !c.contains(":")).toList();
  }

  String describe() {
    return nft.isPresent() ? "" : " (no nft: no masquerade, no host ports)";
  }

  void setUp(String podCidr) throws IOException {
    if (nft.isEmpty()) {
      LOG.atWarn().log("nft not found: pods have no way out of the cluster, no host ports");
      return;
    }
    String t = names.table();
    String inside = podCidr;
    for (String cidr : clusterCidrs) {
      inside += ", " + cidr;
    }
    // "add" then "delete" then the table: replaced in one transaction, whether it was there or not.
    String script =
        """
        add table ip %1$s
        delete table ip %1$s
        table ip %1$s {
          set inside { type ipv4_addr; flags interval; auto-merge; elements = { %2$s } }
          map hostports { type inet_proto . inet_service : ipv4_addr . inet_service; }
          map hostports-at { type inet_proto . ipv4_addr . inet_service : ipv4_addr . inet_service; }
          chain hostports-in {
            meta l4proto { tcp, udp, sctp } dnat to meta l4proto . ip daddr . th dport map @hostports-at
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
            type nat hook postrouting priority srcnat + 5; policy accept;
            ip saddr 127.0.0.0/8 oifname "%3$s" masquerade
            ip saddr %4$s ip daddr != @inside ip daddr != 224.0.0.0/4 oifname != "%3$s" masquerade
          }
        }
        """
            .formatted(t, inside, names.bridge(), podCidr);
    run(script).orThrow("nft");
  }

  void open(String address, List<PortMapping> ports) throws IOException {
    change("add", address, ports);
  }

  void close(String address, List<PortMapping> ports) throws IOException {
    change("delete", address, ports);
  }

  private void change(String verb, String address, List<PortMapping> ports) throws IOException {
    if (nft.isEmpty()) {
      return;
    }
    for (PortMapping p : ports) {
      String protocol = p.getProtocol().name().toLowerCase(Locale.ROOT);
      // Pods may share a port as long as each takes it at an address of its own.
      boolean anywhere = p.getHostIp().isEmpty() || p.getHostIp().equals("0.0.0.0");
      String map = anywhere ? "hostports" : "hostports-at";
      String key = protocol + (anywhere ? "" : " . " + p.getHostIp()) + " . " + p.getHostPort();
      String value = verb.equals("add") ? " : " + address + " . " + p.getContainerPort() : "";
      HostTools.Result result =
          run(verb + " element ip " + names.table() + " " + map + " { " + key + value + " }\n");
      if (verb.equals("add") && p.getProtocol() != Protocol.UNRECOGNIZED) {
        result.orThrow("host port " + p.getHostPort());
      }
    }
  }

  void remove() throws IOException {
    if (nft.isPresent()) {
      run("add table ip " + names.table() + "\ndelete table ip " + names.table() + "\n");
    }
  }

  private HostTools.Result run(String script) throws IOException {
    return HostTools.run(script, List.of(nft.orElseThrow().toString(), "-f", "-"));
  }
}
