package dev.coracle.metrics.internal;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.util.stream.DoubleStream;

/**
 * Gives timers without buckets of their own those of Kubernetes' latency metrics, so that they are
 * histograms under upstream's names and quantiles can be computed over many processes.
 */
public final class HistogramBuckets implements MeterFilter {

  private static final double[] SECONDS = {
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private static final DistributionStatisticConfig BUCKETS =
      DistributionStatisticConfig.builder()
          .serviceLevelObjectives(DoubleStream.of(SECONDS).map(s -> s * 1e9).toArray())
          .build();

  @Override
  public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
    boolean own =
        config.getServiceLevelObjectiveBoundaries() != null
            || Boolean.TRUE.equals(config.isPercentileHistogram());
    return id.getType() == Meter.Type.TIMER && !own && !id.getName().startsWith("jvm")
        ? BUCKETS.merge(config)
        : config;
  }
}
