package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import io.vertx.core.Context;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * Begins the audit of a request, under the name it came with, before anybody is impersonated; lets
 * it wait for that where events are to be kept first.
 */
final class AuditFilter implements Filter {

  private final @Nullable Audit audit;

  AuditFilter(@Nullable Audit audit) {
    this.audit = audit;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    Audit log = audit;
    if (log == null) {
      next.run();
      return;
    }
    Future<Boolean> begun = log.begin(exchange);
    if (begun.isComplete()) {
      goOn(log, begun.result(), exchange, next);
    } else {
      Context loop = exchange.context().vertx().getOrCreateContext();
      begun.onSuccess(taken -> loop.runOnContext(_ -> goOn(log, taken, exchange, next)));
    }
  }

  private static void goOn(Audit log, boolean taken, Exchange exchange, Runnable next) {
    if (taken) {
      log.goesOn(exchange);
      next.run();
    } else {
      Responder.internalError(exchange, "failed to store audit event");
    }
  }
}
