package dev.coracle.proxy.internal.policy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code coracle_network_policy_sync_duration_seconds}, {@code
 * coracle_network_policy_sync_failures_total}, {@code coracle_network_policy_rules} and {@code
 * coracle_network_policy_isolated_pods}.
 */
public final class PolicyMetrics {

  private final Timer sync;
  private final Counter failures;
  private final AtomicInteger rules = new AtomicInteger();
  private final AtomicInteger isolated = new AtomicInteger();

  public PolicyMetrics(MeterRegistry registry) {
    sync =
        Timer.builder("coracle_network_policy_sync_duration_seconds")
            .description("How long it took to work out the rules and to bring the kernel there")
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(registry);
    failures =
        Counter.builder("coracle_network_policy_sync_failures_total")
            .description("Changes of the rules that failed and were tried again")
            .register(registry);
    Gauge.builder("coracle_network_policy_rules", rules, AtomicInteger::get)
        .description("Rules of NetworkPolicies that are in effect on this node")
        .register(registry);
    Gauge.builder("coracle_network_policy_isolated_pods", isolated, AtomicInteger::get)
        .description("Addresses of this node's pods that a NetworkPolicy isolates")
        .register(registry);
  }

  void synced(long nanos, RuleModel model) {
    sync.record(Duration.ofNanos(nanos));
    rules.set(model.rules());
    isolated.set(model.isolated());
  }

  void failed() {
    failures.increment();
  }
}
