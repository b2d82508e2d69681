package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.authn.Authentication;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out who asks; bad credentials end here with 401, none at all go on as anonymous. */
final class AuthenticationFilter implements Filter {

  private static final String WEBSOCKET_TOKEN = "base64url.bearer.authorization.k8s.io.";

  private final Authentication authentication;
  private final List<ExtraRoute> open;
  private final @Nullable Audit audit;

  AuthenticationFilter(
      Authentication authentication, List<ExtraRoute> routes, @Nullable Audit audit) {
    this.authentication = authentication;
    this.audit = audit;
    this.open = routes.stream().filter(ExtraRoute::open).toList();
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    String path = exchange.info().path();
    for (ExtraRoute route : open) {
      if (route.serves(path)) {
        next.run();
        return;
      }
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    authentication
        .authenticate(exchange.request().sslSession(), authorization(exchange), path)
        .subscribe()
        .with(
            found -> {
              if (found.isEmpty()) {
                if (audit != null) {
                  audit.unidentified(exchange);
                }
                Responder.failure(exchange, StatusException.unauthorized());
                return;
              }
              exchange.user(found.get().user());
              exchange.toNote(found.get().notes());
              found.get().warnings().forEach(exchange.warnings()::add);
              if (Vertx.currentContext() == context) {
                next.run();
              } else {
                context.runOnContext(_ -> next.run());
              }
            },
            failure -> Responder.failure(exchange, failure));
  }

  /** From the header, or from the WebSocket subprotocol by which browsers send tokens. */
  private static String authorization(Exchange exchange) {
    String header = exchange.header("Authorization");
    if (!header.isEmpty()) {
      return header;
    }
    for (String protocol : exchange.header("Sec-WebSocket-Protocol").split(",")) {
      String p = protocol.trim();
      if (p.startsWith(WEBSOCKET_TOKEN)) {
        try {
          byte[] token =
              java.util.Base64.getUrlDecoder().decode(p.substring(WEBSOCKET_TOKEN.length()));
          return "Bearer " + new String(token, java.nio.charset.StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
          return "Bearer ?";
        }
      }
    }
    return "";
  }
}
