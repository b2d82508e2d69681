package dev.coracle.apiserver.internal.stream;

import dev.coracle.apiserver.UserInfo;
import io.vertx.core.MultiMap;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a request is handed on to.
 *
 * @param kubelet a kubelet, which is shown the server's client certificate; else a Pod or a Service
 * @param unverified whether the kubelet's own certificate is taken as it is
 * @param tls for kubelets always
 * @param uri path and query
 * @param translatesErrors answers of the other side that are failures become Status objects
 * @param proxyPrefix empty, or the path under which the other side is shown, for links and
 *     redirects
 * @param via where to connect to in place of host and port, which still name the other side
 * @param peer an aggregated API server; null for all others
 */
public record Destination(
    boolean kubelet,
    boolean unverified,
    boolean tls,
    String host,
    int port,
    String uri,
    boolean translatesErrors,
    String proxyPrefix,
    @Nullable SocketAddress via,
    @Nullable Peer peer) {

  /** Reached directly. */
  Destination(
      boolean kubelet,
      boolean tls,
      String host,
      int port,
      String uri,
      boolean translatesErrors,
      String proxyPrefix) {
    this(kubelet, false, tls, host, port, uri, translatesErrors, proxyPrefix, null, null);
  }

  static Destination kubelet(KubeletAddress at, String uri, boolean translatesErrors) {
    return kubelet(at, uri, translatesErrors, "");
  }

  static Destination kubelet(
      KubeletAddress at, String uri, boolean translatesErrors, String proxyPrefix) {
    return new Destination(
        true,
        false,
        true,
        at.host(),
        at.port(),
        uri,
        translatesErrors,
        proxyPrefix,
        at.via(),
        null);
  }

  /** The same, whatever certificate the other side shows. */
  Destination withoutVerifying() {
    return new Destination(
        kubelet, true, tls, host, port, uri, translatesErrors, proxyPrefix, via, peer);
  }

  /**
   * Where a node's kubelet listens.
   *
   * @param via the near end of the node's tunnel, null where it is reached directly
   */
  record KubeletAddress(String host, int port, @Nullable SocketAddress via) {}

  /**
   * How another API server is spoken to.
   *
   * @param address where it listens, whatever its name
   * @param headers who the user is
   */
  public record Peer(SocketAddress address, ClientSSLOptions tls, MultiMap headers) {

    /** The headers by which an authenticating proxy names a user. */
    public static MultiMap identify(UserInfo user) {
      MultiMap out = MultiMap.caseInsensitiveMultiMap();
      out.add("X-Remote-User", user.name());
      if (!user.uid().isEmpty()) {
        out.add("X-Remote-Uid", user.uid());
      }
      user.groups().forEach(g -> out.add("X-Remote-Group", g));
      user.extra()
          .forEach((key, values) ->
              values.forEach(v ->
                  out.add("X-Remote-Extra-" + URLEncoder.encode(key, StandardCharsets.UTF_8), v)));
      return out;
    }
  }
}
