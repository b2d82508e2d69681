package dev.coracle.metrics.config;

import java.time.Duration;

/**
 * How usage is measured.
 *
 * @param resolution how often kubelets are read while somebody asks
 * @param idle how long after the last question reading goes on
 * @param warmUp between the two first samples, when somebody asks after a rest
 * @param timeout for one kubelet
 * @param concurrency kubelets read at once
 */
public record MetricsServerOptions(
    Duration resolution, Duration idle, Duration warmUp, Duration timeout, int concurrency) {

  public static final MetricsServerOptions DEFAULT =
      new MetricsServerOptions(
          Duration.ofSeconds(15),
          Duration.ofSeconds(60),
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          16);
}
