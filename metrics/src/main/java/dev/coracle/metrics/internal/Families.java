package dev.coracle.metrics.internal;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot;
import io.prometheus.metrics.model.snapshots.UnknownSnapshot.UnknownDataPointSnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The families of one scrape, without the {@code …_max} gauges that Micrometer puts beside every
 * histogram: no Kubernetes component has them; and with the counters under Kubernetes' names.
 */
public final class Families {

  private static final String MAX = "_max";

  /** The counters that Kubernetes names so that they do not end in {@code _total}. */
  private static final Set<String> WITHOUT_TOTAL =
      Set.of(
          "apiserver_admission_webhook_fail_open_count",
          "apiserver_admission_webhook_rejection_count",
          "attachdetach_controller_forced_detaches",
          "authenticated_user_requests",
          "authentication_attempts",
          "endpoint_slice_controller_changes",
          "endpoint_slice_controller_syncs",
          "endpoint_slice_mirroring_controller_changes",
          "kubelet_credential_provider_plugin_errors",
          "kubelet_evictions",
          "kubelet_preemptions",
          "volume_operation_total_errors");

  private Families() {}

  /**
   * Everything the registry has at this moment, but those.
   *
   * @param prefix of the families' names
   */
  public static MetricSnapshots of(PrometheusRegistry registry, String prefix) {
    List<MetricSnapshot> all = registry.scrape().stream().toList();
    Set<String> distributions = new HashSet<>();
    for (MetricSnapshot family : all) {
      if (family instanceof HistogramSnapshot || family instanceof SummarySnapshot) {
        distributions.add(family.getMetadata().getPrometheusName());
      }
    }
    return new MetricSnapshots(
        all.stream()
            .filter(family -> family.getMetadata().getPrometheusName().startsWith(prefix))
            .filter(family -> !isMaximum(family, distributions))
            .map(Families::underItsName)
            .toList());
  }

  /**
   * The formats put {@code _total} behind every counter's name. Where upstream's has none, the
   * family says no type, as which any name goes.
   */
  private static MetricSnapshot underItsName(MetricSnapshot family) {
    if (!(family instanceof CounterSnapshot counter)
        || !WITHOUT_TOTAL.contains(family.getMetadata().getPrometheusName())) {
      return family;
    }
    return new UnknownSnapshot(
        family.getMetadata(),
        counter.getDataPoints().stream()
            .map(point -> new UnknownDataPointSnapshot(point.getValue(), point.getLabels(), null))
            .toList());
  }

  private static boolean isMaximum(MetricSnapshot family, Set<String> distributions) {
    String name = family.getMetadata().getPrometheusName();
    return name.endsWith(MAX)
        && distributions.contains(name.substring(0, name.length() - MAX.length()));
  }
}
