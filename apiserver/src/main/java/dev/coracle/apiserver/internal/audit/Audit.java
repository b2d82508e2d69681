package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.internal.http.Exchange;
import java.time.Clock;
import java.util.Optional;

/** Begins the record of a request, as the policy says. */
public final class Audit {

  private final AuditPolicy policy;
  private final AuditLog log;
  private final Clock clock;

  public Audit(AuditPolicy policy, AuditLog log, Clock clock) {
    this.policy = policy;
    this.log = log;
    this.clock = clock;
  }

  /** Called once it is known who asks. Records the stages that follow by itself. */
  public void begin(Exchange exchange) {
    Optional<AuditRule> rule = policy.of(exchange.user(), exchange.info());
    if (rule.isEmpty()) {
      return;
    }
    AuditRecord record = new AuditRecord(exchange, rule.get(), clock, log::add);
    exchange.audit(record);
    record.stage(AuditStage.REQUEST_RECEIVED);
    if (exchange.info().longRunning()) {
      exchange.context().addHeadersEndHandler(_ -> record.stage(AuditStage.RESPONSE_STARTED));
    }
    exchange.context().addEndHandler(_ -> record.stage(AuditStage.RESPONSE_COMPLETE));
  }
}
