package dev.coracle.proxy.config;

import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
 * @param healthzBindAddress of {@code /healthz} and {@code /livez}; empty: there are none
 */
public record ProxyOptions(
    String mode,
    String clusterId,
    String nodeName,
    String nodeIp,
    String podCidr,
    boolean podsAreRouted,
    String ownDns,
    Optional<SocketAddress> healthzBindAddress) {

  private static final Pattern ADDRESS =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^:\\[\\]]+)):(\\d{1,5})");

  /** As every Service says, and nobody asks for its health. */
  public ProxyOptions(
      String mode,
      String clusterId,
      String nodeName,
      String nodeIp,
      String podCidr,
      boolean podsAreRouted) {
    this(mode, clusterId, nodeName, nodeIp, podCidr, podsAreRouted, "", Optional.empty());
  }

  /**
   * Reads {@code ADDRESS:PORT}, an IPv6 address in brackets.
   *
   * @param text empty for nowhere
   * @throws IllegalArgumentException saying what is wrong
   */
  public static Optional<SocketAddress> bindAddress(String text) {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    Matcher m = ADDRESS.matcher(text);
    if (!m.matches() || Integer.parseInt(m.group(3)) > 65_535) {
      throw new IllegalArgumentException(
          "'" + text + "' is no ADDRESS:PORT, such as 0.0.0.0:10256 or [::]:10256");
    }
    String host = m.group(1) == null ? m.group(2) : m.group(1);
    return Optional.of(SocketAddress.inetSocketAddress(Integer.parseInt(m.group(3)), host));
  }
}
