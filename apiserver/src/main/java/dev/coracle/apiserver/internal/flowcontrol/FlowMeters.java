package dev.coracle.apiserver.internal.flowcontrol;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

/** The counters of one flow schema at one level, made once. */
final class FlowMeters {

  private final MeterRegistry registry;
  private final Tags tags;
  final Counter dispatched;
  final Timer waited;

  FlowMeters(MeterRegistry registry, String schema, String level) {
    this.registry = registry;
    this.tags = Tags.of("flow_schema", schema, "priority_level", level);
    this.dispatched = registry.counter("apiserver_flowcontrol_dispatched_requests_total", tags);
    this.waited =
        registry.timer(
            "apiserver_flowcontrol_request_wait_duration_seconds", tags.and("execute", "true"));
  }

  /**
   * @param reason {@code queue-full}, {@code concurrency-limit}, {@code time-out} or {@code
   *     cancelled}
   */
  void rejected(String reason) {
    registry
        .counter("apiserver_flowcontrol_rejected_requests_total", tags.and("reason", reason))
        .increment();
  }
}
