package dev.coracle.apiserver.internal.stream;

/**
 * Where a request is handed on to.
 *
 * @param kubelet a kubelet, which is shown the server's client certificate; else a Pod or a Service
 * @param tls for kubelets always
 * @param uri path and query
 * @param translatesErrors answers of the other side that are failures become Status objects
 * @param proxyPrefix empty, or the path under which the other side is shown, for links and
 *     redirects
 */
record Destination(
    boolean kubelet,
    boolean tls,
    String host,
    int port,
    String uri,
    boolean translatesErrors,
    String proxyPrefix) {

  static Destination kubelet(KubeletAddress at, String uri, boolean translatesErrors) {
    return new Destination(true, true, at.host(), at.port(), uri, translatesErrors, "");
  }

  /** Where a node's kubelet listens. */
  record KubeletAddress(String host, int port) {}
}
