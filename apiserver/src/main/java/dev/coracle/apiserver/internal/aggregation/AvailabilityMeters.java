package dev.coracle.apiserver.internal.aggregation;

import dev.coracle.apiserver.internal.aggregation.Availability.Finding;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Which APIServices are not available, under the names that upstream's alerts ask for. */
final class AvailabilityMeters {

  private record State(boolean available, Gauge gauge) {}

  private final MeterRegistry registry;
  private final Map<String, State> states = new ConcurrentHashMap<>();

  AvailabilityMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Notes what was found, and counts when an APIService was available before and is not now. */
  void found(String name, Finding finding) {
    states.compute(
        name,
        (_, before) -> {
          if (before != null && before.available() && !finding.available()) {
            registry
                .counter(
                    "aggregator_unavailable_apiservice_total",
                    "name",
                    name,
                    "reason",
                    finding.reason())
                .increment();
          }
          return new State(finding.available(), before == null ? gauge(name) : before.gauge());
        });
  }

  private Gauge gauge(String name) {
    return Gauge.builder("aggregator_unavailable_apiservice", () -> unavailable(name))
        .description("Whether an APIService is not available")
        .tag("name", name)
        .register(registry);
  }

  private int unavailable(String name) {
    State state = states.get(name);
    return state == null || state.available() ? 0 : 1;
  }

  /** Of an APIService that is gone. */
  void gone(String name) {
    State state = states.remove(name);
    if (state != null) {
      registry.remove(state.gauge());
    }
  }
}
