package dev.coracle.apiserver.internal.stream;

import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Where a request is handed on to.
 *
 * @param kubelet a kubelet, which is shown the server's client certificate; else a Pod or a Service
 * @param tls for kubelets always
 * @param uri path and query
 * @param translatesErrors answers of the other side that are failures become Status objects
 * @param proxyPrefix empty, or the path under which the other side is shown, for links and
 *     redirects
 * @param via where to connect to in place of host and port, which still name the other side
 */
record Destination(
    boolean kubelet,
    boolean tls,
    String host,
    int port,
    String uri,
    boolean translatesErrors,
    String proxyPrefix,
    @Nullable SocketAddress via) {

  /** Reached directly. */
  Destination(
      boolean kubelet,
      boolean tls,
      String host,
      int port,
      String uri,
      boolean translatesErrors,
      String proxyPrefix) {
    this(kubelet, tls, host, port, uri, translatesErrors, proxyPrefix, null);
  }

  static Destination kubelet(KubeletAddress at, String uri, boolean translatesErrors) {
    return kubelet(at, uri, translatesErrors, "");
  }

  static Destination kubelet(
      KubeletAddress at, String uri, boolean translatesErrors, String proxyPrefix) {
    return new Destination(
        true, true, at.host(), at.port(), uri, translatesErrors, proxyPrefix, at.via());
  }

  /**
   * Where a node's kubelet listens.
   *
   * @param via the near end of the node's tunnel, null where it is reached directly
   */
  record KubeletAddress(String host, int port, @Nullable SocketAddress via) {}
}
