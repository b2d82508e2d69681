package dev.coracle.metrics.internal;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The families of one scrape, without the {@code …_max} gauges that Micrometer puts beside every
 * histogram: no Kubernetes component has them.
 */
public final class Families {

  private static final String MAX = "_max";

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
            .toList());
  }

  private static boolean isMaximum(MetricSnapshot family, Set<String> distributions) {
    String name = family.getMetadata().getPrometheusName();
    return name.endsWith(MAX)
        && distributions.contains(name.substring(0, name.length() - MAX.length()));
  }
}
