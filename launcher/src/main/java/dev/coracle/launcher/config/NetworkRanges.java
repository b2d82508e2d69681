package dev.coracle.launcher.config;

/**
 * Where pods and Services get their addresses. Each text is empty to choose a free IPv4 range, one
 * range, or one of each family with a comma between, of which the first is the primary one.
 *
 * @param pods of the whole cluster
 * @param services of the whole cluster
 * @param nodeMaskIpv4 the prefix of the range that every node has of the pods' IPv4 range
 * @param nodeMaskIpv6 likewise, of their IPv6 range
 */
public record NetworkRanges(String pods, String services, int nodeMaskIpv4, int nodeMaskIpv6) {

  /** Chosen, with upstream's sizes of nodes. */
  public static final NetworkRanges CHOSEN = new NetworkRanges("", "", 24, 64);

  public static NetworkRanges of(String pods, String services) {
    return new NetworkRanges(pods, services, CHOSEN.nodeMaskIpv4, CHOSEN.nodeMaskIpv6);
  }
}
