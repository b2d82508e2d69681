package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;

/** Gives every answered request its Audit-Id and tells the audit of it. */
final class AuditFilter implements Filter {

  private final Audit audit;

  AuditFilter(Audit audit) {
    this.audit = audit;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    String id = exchange.header("Audit-ID");
    exchange
        .response()
        .putHeader(
            "Audit-Id",
            id.isEmpty() || id.length() > 64 ? java.util.UUID.randomUUID().toString() : id);
    if (audit != Audit.NONE) {
      exchange.context().addEndHandler(_ -> audit.completed(exchange));
    }
    next.run();
  }
}
