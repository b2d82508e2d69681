package dev.coracle.apiserver.internal.http;

import dev.coracle.apiserver.internal.RequestMeters;
import java.util.Set;

/** As what a request is counted, in upstream's words. */
public final class RequestKinds {

  private static final Set<String> METHODS = Set.of("GET", "POST", "PUT", "PATCH", "DELETE");

  private RequestKinds() {}

  /**
   * What nobody serves, or who asks may not know of, is told apart by its verb alone: else anybody
   * could make as many series as there are names.
   */
  public static RequestMeters.Kind of(Exchange exchange) {
    RequestInfo info = exchange.info();
    String method = exchange.request().method().name();
    if (!exchange.served()) {
      return new RequestMeters.Kind(
          METHODS.contains(method) ? method : "other", "", "", "", "", "", "");
    }
    return new RequestMeters.Kind(
        verb(exchange, method),
        dryRun(exchange),
        info.group(),
        info.version(),
        info.resource(),
        info.subresource(),
        scope(info, method));
  }

  private static String verb(Exchange exchange, String method) {
    RequestInfo info = exchange.info();
    if (info.verb().equals("watch")) {
      return "WATCH";
    }
    if (info.longRunning()) {
      return "CONNECT";
    }
    return switch (method) {
      case "GET", "HEAD" -> info.name().isEmpty() ? "LIST" : "GET";
      case "PATCH" ->
          exchange.header("Content-Type").equals("application/apply-patch+yaml")
              ? "APPLY"
              : "PATCH";
      default -> METHODS.contains(method) ? method : "other";
    };
  }

  private static String dryRun(Exchange exchange) {
    String said = exchange.query("dryRun");
    return said.isEmpty() || said.equals("All") ? said : "invalid";
  }

  private static String scope(RequestInfo info, String method) {
    if (!info.name().isEmpty() || method.equals("POST")) {
      return "resource";
    }
    return info.namespace().isEmpty() ? "cluster" : "namespace";
  }
}
