package dev.coracle.apiserver.internal.discovery;

import dev.coracle.api.VersionInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.http.Unrouted;

/** Serves {@code /version}. */
public final class VersionPage {

  private VersionPage() {}

  /** Answers, or says that this is another path. */
  public static boolean handle(Exchange exchange) {
    String path = exchange.info().path();
    if (!path.equals("/version") && !path.equals("/version/")) {
      return false;
    }
    if (!exchange.request().method().name().equals("GET")) {
      Unrouted.methodNotAllowed(exchange);
    } else if (!Unrouted.takesNoJson(exchange)) {
      Responder.tree(exchange, Negotiation.JSON.form(), 200, VersionInfo.document());
    }
    return true;
  }
}
