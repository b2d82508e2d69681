package dev.coracle.apiserver.internal.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.internal.aggregation.Availability.Finding;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class AvailabilityMetersTest {

  private static final String NAME = "v1.metrics.example.com";

  private static final Finding AWAY =
      new Finding(false, "MissingEndpoints", "nobody there", null, RemoteOpenApi.NONE);
  private static final Finding THERE =
      new Finding(true, "Passed", "all checks passed", null, RemoteOpenApi.NONE);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AvailabilityMeters meters = new AvailabilityMeters(registry);

  private double unavailable() {
    return registry.get("aggregator_unavailable_apiservice").tag("name", NAME).gauge().value();
  }

  private double times() {
    return registry
        .counter(
            "aggregator_unavailable_apiservice_total", "name", NAME, "reason", "MissingEndpoints")
        .count();
  }

  @Test
  void onlyWhatWasAvailableIsCounted() {
    meters.found(NAME, AWAY);
    assertThat(unavailable()).isEqualTo(1);
    assertThat(times()).isZero();
    meters.found(NAME, THERE);
    assertThat(unavailable()).isZero();
    meters.found(NAME, AWAY);
    meters.found(NAME, AWAY);
    assertThat(unavailable()).isEqualTo(1);
    assertThat(times()).isEqualTo(1);
  }

  @Test
  void whatIsGoneIsNotTold() {
    meters.found(NAME, AWAY);
    meters.gone(NAME);
    assertThat(registry.find("aggregator_unavailable_apiservice").gauge()).isNull();
  }
}
