package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Begins the record of a request, as the policy says. */
public final class Audit {

  private static final UserInfo NOBODY = new UserInfo("", "", List.of(), Map.of());

  private final AuditPolicy policy;
  private final AuditLog log;
  private final Clock clock;

  private final Map<AuditLevel, Counter> levels = new EnumMap<>(AuditLevel.class);

  public Audit(AuditPolicy policy, AuditLog log, Clock clock, MeterRegistry meters) {
    for (AuditLevel level : AuditLevel.values()) {
      levels.put(level, meters.counter("apiserver_audit_level_total", "level", level.word()));
    }
    this.policy = policy;
    this.log = log;
    this.clock = clock;
  }

  /** The record of a call from inside of the process; null where the policy wants none. */
  public @Nullable AuditedCall begin(UserInfo user, RequestInfo info, String component) {
    return policy
        .of(user, info)
        .map(rule -> new AuditedCall(user, info, component, rule, clock, log::add))
        .orElse(null);
  }

  /**
   * Called for a request that is refused before it is known who asks: upstream tells of these when
   * they are answered.
   */
  public void unidentified(Exchange exchange) {
    exchange.user(NOBODY);
    policy
        .of(exchange.user(), exchange.info())
        .ifPresent(rule -> {
          AuditRecord record = new AuditRecord(new HttpSubject(exchange), rule, clock, log::add);
          exchange.audit(record);
          exchange.context().addHeadersEndHandler(_ -> record.stage(AuditStage.RESPONSE_STARTED));
        });
  }

  /** Called once it is known who asks. Records the stages that follow by itself. */
  public void begin(Exchange exchange) {
    Optional<AuditRule> rule = policy.of(exchange.user(), exchange.info());
    Objects.requireNonNull(levels.get(rule.map(AuditRule::level).orElse(AuditLevel.NONE)))
        .increment();
    if (rule.isEmpty()) {
      return;
    }
    AuditRecord record = new AuditRecord(new HttpSubject(exchange), rule.get(), clock, log::add);
    exchange.audit(record);
    record.stage(AuditStage.REQUEST_RECEIVED);
    if (exchange.info().longRunning()) {
      exchange.context().addHeadersEndHandler(_ -> record.stage(AuditStage.RESPONSE_STARTED));
      exchange.whenUpgraded(() -> record.stage(AuditStage.RESPONSE_STARTED));
    }
    exchange.whenEnded(() -> record.stage(AuditStage.RESPONSE_COMPLETE));
  }
}
