package dev.coracle.ingress.internal;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/**
 * The gateway's metric: {@code coracle_ingress_request_duration_seconds} by namespace, ingress,
 * service and status class. Requests that no rule matches carry empty names, so a client cannot
 * make series.
 */
final class IngressMetrics {

  private final MeterRegistry registry;

  IngressMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  void served(String namespace, String ingress, String service, int status, long nanos) {
    Timer.builder("coracle_ingress_request_duration_seconds")
        .description("Time from a request's head to the end of its answer")
        .tag("namespace", namespace)
        .tag("ingress", ingress)
        .tag("service", service)
        .tag("status", status / 100 + "xx")
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(registry)
        .record(Duration.ofNanos(nanos));
  }
}
