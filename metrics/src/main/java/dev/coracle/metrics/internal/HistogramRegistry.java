package dev.coracle.metrics.internal;

import dev.coracle.api.HistogramSource;
import io.micrometer.core.instrument.AbstractMeter;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Measurement;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.NamingConvention;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Exposes meters that measure a {@link HistogramSource} as histograms; Micrometer by itself would
 * tell only their count and sum.
 */
public final class HistogramRegistry extends PrometheusMeterRegistry {

  private final List<SourcedMeter> sourced = new CopyOnWriteArrayList<>();

  public HistogramRegistry(PrometheusConfig config, PrometheusRegistry registry, Clock clock) {
    super(config, registry, clock);
    registry.register(new Sourced());
    config().onMeterRemoved(sourced::remove);
  }

  private static final class SourcedMeter extends AbstractMeter {

    private final HistogramSource source;
    private final Iterable<Measurement> measurements;

    SourcedMeter(Meter.Id id, HistogramSource source, Iterable<Measurement> measurements) {
      super(id);
      this.source = source;
      this.measurements = measurements;
    }

    @Override
    public Iterable<Measurement> measure() {
      return measurements;
    }
  }

  @Override
  protected Meter newMeter(Meter.Id id, Meter.Type type, Iterable<Measurement> measurements) {
    if (!(measurements instanceof HistogramSource source)) {
      return super.newMeter(id, type, measurements);
    }
    SourcedMeter meter = new SourcedMeter(id, source, measurements);
    sourced.add(meter);
    return meter;
  }

  /** The families, by name. */
  private final class Sourced implements MultiCollector {

    @Override
    public MetricSnapshots collect() {
      NamingConvention names = config().namingConvention();
      Map<String, List<SourcedMeter>> families = new TreeMap<>();
      for (SourcedMeter meter : sourced) {
        families
            .computeIfAbsent(meter.getId().getConventionName(names), _ -> new ArrayList<>())
            .add(meter);
      }
      MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
      families.forEach((name, meters) -> snapshots.metricSnapshot(family(names, name, meters)));
      return snapshots.build();
    }

    private HistogramSnapshot family(
        NamingConvention names, String name, List<SourcedMeter> meters) {
      String help = meters.getFirst().getId().getDescription();
      return new HistogramSnapshot(
          new MetricMetadata(name, help == null ? "" : help),
          meters.stream().map(meter -> point(names, meter)).toList());
    }

    private HistogramDataPointSnapshot point(NamingConvention names, SourcedMeter meter) {
      Labels.Builder labels = Labels.builder();
      meter
          .getId()
          .getConventionTags(names)
          .forEach(tag -> labels.label(tag.getKey(), tag.getValue()));
      HistogramSource.Reading reading = meter.source.read();
      return HistogramDataPointSnapshot.builder()
          .labels(labels.build())
          .classicHistogramBuckets(ClassicHistogramBuckets.of(reading.bounds(), reading.counts()))
          .sum(reading.sum())
          .build();
    }
  }
}
