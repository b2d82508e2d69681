package dev.coracle.ingress.internal;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.util.LinkedHashMap;
import java.util.Map;

/** The headers that tell a backend who asked, and how. */
final class Forwarded {

  private Forwarded() {}

  static Map<String, String> headers(HttpServerRequest request) {
    Map<String, String> headers = new LinkedHashMap<>();
    String client = request.remoteAddress().hostAddress();
    String before = request.getHeader("X-Forwarded-For");
    headers.put("X-Forwarded-For", before == null ? client : before + ", " + client);
    headers.put("X-Real-IP", client);
    headers.put("X-Forwarded-Proto", request.isSSL() ? "https" : "http");
    HostAndPort authority = request.authority();
    if (authority != null) {
      headers.put("X-Forwarded-Host", authority.toString());
    }
    return headers;
  }
}
