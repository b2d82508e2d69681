package dev.coracle.controllers.internal.statefulset;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many pods of each StatefulSet are away while its template is rolled out, and how many may be
 * (KEP-961), under upstream's names and labels. What is told of a set goes with the set. Owned by
 * the controllers' context; read from any thread.
 */
final class StatefulSetMetrics {

  /** One set's two gauges. */
  private record Series(Value most, Value away) {}

  private record Value(AtomicLong number, Gauge gauge) {}

  private final MeterRegistry registry;
  private final Map<NamespacedName, Series> bySet = new HashMap<>();

  StatefulSetMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * @param most how many pods may be away
   * @param away how many are
   */
  void counted(KubeObject set, int most, int away) {
    Series series = bySet.computeIfAbsent(set.key(), _ -> series(set));
    series.most.number.set(most);
    series.away.number.set(away);
  }

  /** There is no such set any more. */
  void gone(NamespacedName set) {
    Series series = bySet.remove(set);
    if (series != null) {
      registry.remove(series.most.gauge);
      registry.remove(series.away.gauge);
    }
  }

  private Series series(KubeObject set) {
    String policy = set.text("spec", "podManagementPolicy");
    Tags tags =
        Tags.of(
            "statefulset_namespace",
            set.namespace(),
            "statefulset_name",
            set.name(),
            "pod_management_policy",
            policy.isEmpty() ? "OrderedReady" : policy);
    return new Series(
        value(
            "max_unavailable",
            "Maximum number of unavailable pods allowed during StatefulSet rolling updates",
            tags),
        value("unavailable_replicas", "Current number of unavailable pods in StatefulSet", tags));
  }

  private Value value(String name, String help, Tags tags) {
    AtomicLong number = new AtomicLong();
    Gauge gauge =
        Gauge.builder("statefulset_controller_statefulset_" + name, number, AtomicLong::get)
            .description(help)
            .tags(tags)
            .register(registry);
    return new Value(number, gauge);
  }
}
