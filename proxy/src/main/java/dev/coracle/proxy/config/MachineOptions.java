package dev.coracle.proxy.config;

import io.vertx.core.net.SocketAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the proxy does on its machine beside leading Services to their endpoints.
 *
 * @param healthzBindAddress of {@code /healthz} and {@code /livez}; empty: there are none
 * @param metricsBindAddress of {@code /metrics} and {@code /proxyMode}; empty: there are none
 * @param conntrack where the kernel balances
 */
public record MachineOptions(
    Optional<SocketAddress> healthzBindAddress,
    Optional<SocketAddress> metricsBindAddress,
    ConntrackOptions conntrack) {

  /** Nobody asks, and the machine's settings stay. */
  public static final MachineOptions NONE =
      new MachineOptions(Optional.empty(), Optional.empty(), ConntrackOptions.NONE);

  private static final Pattern ADDRESS =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([^:\\[\\]]+)):(\\d{1,5})");

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
