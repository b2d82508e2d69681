package dev.coracle.proxy.config;

/**
 * @param mode {@code auto}, {@code nftables} or {@code userspace}
 * @param clusterId names the nftables table, so that several clusters share a machine
 * @param nodeName whose endpoints are local
 * @param nodeIp the address node ports listen on besides the host's others
 * @param podCidr traffic from elsewhere to a Service is masqueraded; one range, or one of each IP
 *     family with a comma between
 * @param podsAreRouted whether this host routes every packet of its pods (ADR 0021), also between
 *     two of them; where another network connects them, they may talk past the host's rules
 * @param ownDns {@code ADDRESS:PORT} of the node's own DNS server, which answers here in place of
 *     all others of the kube-dns Service; empty: as the Service says
 * @param machine what else it does there
 */
public record ProxyOptions(
    String mode,
    String clusterId,
    String nodeName,
    String nodeIp,
    String podCidr,
    boolean podsAreRouted,
    String ownDns,
    MachineOptions machine) {

  /** As every Service says, and nothing else. */
  public ProxyOptions(
      String mode,
      String clusterId,
      String nodeName,
      String nodeIp,
      String podCidr,
      boolean podsAreRouted) {
    this(mode, clusterId, nodeName, nodeIp, podCidr, podsAreRouted, "", MachineOptions.NONE);
  }
}
