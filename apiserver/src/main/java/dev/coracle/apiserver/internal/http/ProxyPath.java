package dev.coracle.apiserver.internal.http;

/**
 * Where {@code /proxy} stands in the path of a request to a node, a Pod or a Service. By its place,
 * since names may begin with that word as well.
 */
public final class ProxyPath {

  private static final String STEP = "/proxy";

  private ProxyPath() {}

  /**
   * The index behind it, or -1.
   *
   * @param uri {@code /api/v1/nodes/NAME/proxy…} or {@code /api/v1/namespaces/NS/KIND/NAME/proxy…},
   *     with a query or without
   */
  public static int end(String uri) {
    int at = 0;
    int before = uri.startsWith("/api/v1/namespaces/") ? 6 : 4;
    for (int step = 0; step < before; step++) {
      at = uri.indexOf('/', at + 1);
      if (at < 0) {
        return -1;
      }
    }
    int end = at + STEP.length();
    boolean is =
        uri.startsWith(STEP, at) && (end == uri.length() || "/?".indexOf(uri.charAt(end)) >= 0);
    return is ? end : -1;
  }
}
