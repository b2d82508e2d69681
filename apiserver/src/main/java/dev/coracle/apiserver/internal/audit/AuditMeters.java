package dev.coracle.apiserver.internal.audit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/** The audit's metrics, under upstream's names. Safe on any thread. */
public final class AuditMeters {

  private final MeterRegistry registry;
  private final Counter events;
  private final Counter rejected;
  private final Map<AuditLevel, Counter> levels = new EnumMap<>(AuditLevel.class);

  public AuditMeters(MeterRegistry registry) {
    this.registry = registry;
    this.events = registry.counter("apiserver_audit_event_total");
    this.rejected = registry.counter("apiserver_audit_requests_rejected_total");
    for (AuditLevel level : AuditLevel.values()) {
      levels.put(level, registry.counter("apiserver_audit_level_total", "level", level.word()));
    }
  }

  /** An event is sent wherever events go. */
  void event() {
    events.increment();
  }

  /** A request of this level. */
  void level(AuditLevel level) {
    Objects.requireNonNull(levels.get(level)).increment();
  }

  /** A request is refused, since its first event cannot be kept. */
  void rejected() {
    rejected.increment();
  }

  /** So many events do not get there. */
  void lost(String plugin, int count) {
    registry.counter("apiserver_audit_error_total", "plugin", plugin).increment(count);
  }
}
