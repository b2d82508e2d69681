package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.impersonation.Impersonation;
import dev.coracle.apiserver.internal.impersonation.WantedUser;
import io.vertx.core.Context;
import java.util.Optional;

/** Lets a user who may do so act as another. */
final class ImpersonationFilter implements Filter {

  private final Impersonation impersonation;

  ImpersonationFilter(Impersonation impersonation) {
    this.impersonation = impersonation;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    Optional<WantedUser> wanted = WantedUser.of(exchange.request().headers());
    if (wanted.isEmpty()) {
      next.run();
      return;
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    impersonation
        .decide(wanted.get(), AuthorizationFilter.attributes(exchange.user(), exchange.info()))
        .subscribe()
        .with(
            who ->
                context.runOnContext(_ -> {
                  exchange.user(who.user());
                  AuditRecord audit = exchange.audit();
                  if (audit != null) {
                    audit.constraint(who.constraint());
                  }
                  try {
                    next.run();
                  } catch (StatusException e) {
                    Responder.failure(exchange, e);
                  }
                }),
            failure -> Responder.failure(exchange, failure));
  }
}
