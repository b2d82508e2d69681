package dev.coracle.coredns.config;

import java.util.List;

/**
 * @param bindAddress where UDP and TCP listen
 * @param port 0 for a free one, the same for both
 * @param clusterDomain such as {@code cluster.local}
 * @param nodeIp the address under which pods reach this server
 * @param clusterIp the address of the kube-dns Service, empty to publish none
 * @param upstreams name servers for all other names; empty: those of /etc/resolv.conf
 * @param ttlSeconds of cluster records
 */
public record DnsOptions(
    String bindAddress,
    int port,
    String clusterDomain,
    String nodeIp,
    String clusterIp,
    List<String> upstreams,
    int ttlSeconds) {

  public DnsOptions {
    upstreams = List.copyOf(upstreams);
  }
}
