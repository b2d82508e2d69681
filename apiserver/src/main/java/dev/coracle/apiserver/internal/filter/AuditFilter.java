package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.http.Exchange;
import org.jspecify.annotations.Nullable;

/** Begins the audit of a request, under the name it came with, before anybody is impersonated. */
final class AuditFilter implements Filter {

  private final @Nullable Audit audit;

  AuditFilter(@Nullable Audit audit) {
    this.audit = audit;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    if (audit != null) {
      audit.begin(exchange);
    }
    next.run();
  }
}
