package dev.coracle.apiserver.internal.filter;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.AuthorizationMeters;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Context;
import java.util.List;

/**
 * Refuses with 403 what the user may not do; whoever came without credentials gets 401's words.
 * Where nobody allows it and an authorizer could not tell, the answer is 500 and its error, as
 * upstream has it: the client may try again.
 */
final class AuthorizationFilter implements Filter {

  private final Authorizer authorizer;
  private final AuthorizationMeters meters;
  private final List<ExtraRoute> open;

  AuthorizationFilter(Authorizer authorizer, List<ExtraRoute> routes, AuthorizationMeters meters) {
    this.authorizer = authorizer;
    this.meters = meters;
    this.open = routes.stream().filter(ExtraRoute::open).toList();
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    RequestInfo info = exchange.info();
    for (ExtraRoute route : open) {
      if (route.serves(info.path())) {
        next.run();
        return;
      }
    }
    Attributes attributes = attributes(exchange.user(), info);
    long begun = System.nanoTime();
    Authorizer.Decision decision = authorizer.decide(attributes);
    if (!decision.open()) {
      meters.answered(decision, begun);
      conclude(exchange, attributes, decision, next);
      return;
    }
    Context context = exchange.context().vertx().getOrCreateContext();
    authorizer
        .ask(attributes)
        .invoke(answer -> meters.answered(answer, begun))
        .subscribe()
        .with(
            answer ->
                context.runOnContext(_ -> {
                  try {
                    conclude(exchange, attributes, answer, next);
                  } catch (StatusException e) {
                    Responder.failure(exchange, e);
                  }
                }),
            failure -> Responder.failure(exchange, failure));
  }

  private static void conclude(
      Exchange exchange, Attributes attributes, Authorizer.Decision decision, Runnable next) {
    AuditRecord audit = exchange.audit();
    if (!decision.allowed() && !decision.error().isEmpty()) {
      if (audit != null) {
        audit.annotate("authorization.k8s.io/reason", "internal error");
      }
      Responder.internalError(exchange, decision.error());
      return;
    }
    if (audit != null) {
      audit.annotate("authorization.k8s.io/decision", decision.allowed() ? "allow" : "forbid");
      audit.annotate("authorization.k8s.io/reason", decision.reason());
    }
    if (!decision.allowed()) {
      throw attributes.forbidden(decision.reason());
    }
    next.run();
  }

  static Attributes attributes(UserInfo user, RequestInfo info) {
    return new Attributes(
        user,
        info.resourceRequest(),
        info.verb(),
        info.group(),
        info.version(),
        info.resource(),
        info.subresource(),
        info.namespace(),
        info.name(),
        info.path(),
        info.fieldSelector(),
        info.labelSelector());
  }
}
