package dev.coracle.tracing;

import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Where a collector listens.
 *
 * @param socket what to connect to
 * @param shown as it was written
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/naming.md">gRPC Name Resolution</a>
 */
public record CollectorAddress(SocketAddress socket, String shown) {

  private static final int OTLP_PORT = 4317;

  /** Of OTLP over gRPC. */
  public static final CollectorAddress DEFAULT =
      new CollectorAddress(
          SocketAddress.inetSocketAddress(OTLP_PORT, "localhost"), "localhost:" + OTLP_PORT);

  /**
   * @throws IllegalArgumentException with words for the user
   */
  public static CollectorAddress parse(String text) {
    if (text.startsWith("unix:")) {
      return atPath(text, text.substring("unix:".length()).replaceFirst("^//", ""));
    }
    int slashes = text.indexOf("://");
    String scheme = slashes < 0 ? "dns" : text.substring(0, slashes);
    if (!scheme.equals("dns")) {
      throw invalid(text, "unsupported scheme: " + scheme + ".  Options are none, dns, or unix");
    }
    // Which server to ask for the name may stand between the slashes; the system's is asked.
    String where = slashes < 0 ? text : text.substring(slashes + 3).replaceFirst("^[^/]*/", "");
    return named(text, where);
  }

  private static CollectorAddress named(String text, String where) {
    URI uri;
    try {
      uri = new URI("//" + where);
    } catch (URISyntaxException e) {
      throw invalid(text, e.getReason());
    }
    String host = uri.getHost();
    if (host == null || uri.getPort() == 0 || uri.getPort() > 65535) {
      throw invalid(text, "must be a host, or host:port");
    }
    int port = uri.getPort() < 0 ? OTLP_PORT : uri.getPort();
    return new CollectorAddress(
        SocketAddress.inetSocketAddress(port, host.replaceAll("^\\[|]$", "")), text);
  }

  private static CollectorAddress atPath(String text, String path) {
    if (!path.startsWith("/") || path.equals("/")) {
      throw invalid(text, "must name a socket, such as unix:///run/collector.sock");
    }
    return new CollectorAddress(SocketAddress.domainSocketAddress(path), text);
  }

  private static IllegalArgumentException invalid(String text, String why) {
    return new IllegalArgumentException("endpoint: Invalid value: \"" + text + "\": " + why);
  }
}
