package dev.coracle.apiserver;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;

/**
 * A part of the URL space served by somebody else on the API port, such as {@code /dashboard/} or
 * {@code /metrics}.
 *
 * @param prefix with its leading slash; one that ends in a slash takes everything below, any other
 *     only itself
 * @param open whether it is served without authentication and authorisation; else the user needs a
 *     role for this nonResourceURL
 * @param handler gets the request, not yet read
 */
public record ExtraRoute(String prefix, boolean open, Handler<HttpServerRequest> handler) {

  public boolean serves(String path) {
    return prefix.endsWith("/")
        ? path.startsWith(prefix) || path.concat("/").equals(prefix)
        : path.equals(prefix);
  }
}
