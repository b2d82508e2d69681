package dev.coracle.proxy.internal;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The proxy's metrics, under kube-proxy's names: {@code
 * kubeproxy_sync_proxy_rules_duration_seconds}, {@code
 * kubeproxy_network_programming_duration_seconds} from a change's arrival to its effect, and counts
 * of failures, services and endpoints.
 */
public final class ProxyMetrics {

  private final Timer sync;
  private final Timer programming;
  private final Counter failures;
  private final AtomicInteger ports = new AtomicInteger();

  public ProxyMetrics(MeterRegistry registry) {
    sync =
        Timer.builder("kubeproxy_sync_proxy_rules_duration_seconds")
            .description("How long one change of the rules took")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(registry);
    programming =
        Timer.builder("kubeproxy_network_programming_duration_seconds")
            .description("From the arrival of a Service's or endpoint's change to its effect")
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10))
            .register(registry);
    failures =
        Counter.builder("kubeproxy_sync_proxy_rules_failures_total")
            .description("Changes of the rules that failed and were tried again")
            .register(registry);
    Gauge.builder("kubeproxy_service_ports", ports, AtomicInteger::get)
        .description("Ports of Services that are programmed")
        .register(registry);
  }

  void synced(long nanos, long nanosSinceArrival, int nowPorts) {
    sync.record(Duration.ofNanos(nanos));
    programming.record(Duration.ofNanos(nanosSinceArrival));
    ports.set(nowPorts);
  }

  void failed() {
    failures.increment();
  }
}
