package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.http.Exchange;
import java.util.UUID;

/** Gives every answered request its Audit-Id. */
final class AuditIdFilter implements Filter {

  @Override
  public void handle(Exchange exchange, Runnable next) {
    String id = exchange.header("Audit-ID");
    exchange
        .response()
        .putHeader(
            "Audit-Id", id.isEmpty() || id.length() > 64 ? UUID.randomUUID().toString() : id);
    next.run();
  }
}
