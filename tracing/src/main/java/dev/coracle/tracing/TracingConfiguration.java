package dev.coracle.tracing;

import java.util.OptionalInt;

/**
 * Where a component sends its spans, and how many: upstream's {@code TracingConfiguration}.
 *
 * @param endpoint a collector's address for OTLP over gRPC without TLS: {@code host:port}, {@code
 *     dns:///host:port} or {@code unix:///path}
 * @param samplingRatePerMillion of the traces that begin here, how many of a million are sampled;
 *     empty: none. What a caller has sampled is sampled in any case
 */
public record TracingConfiguration(CollectorAddress endpoint, OptionalInt samplingRatePerMillion) {

  private static final int MILLION = 1_000_000;

  /** What holds where nothing is said. */
  public static final TracingConfiguration DEFAULT =
      new TracingConfiguration(CollectorAddress.DEFAULT, OptionalInt.empty());

  public TracingConfiguration {
    int rate = samplingRatePerMillion.orElse(0);
    if (rate < 0) {
      throw invalid(rate, "sampling rate must be positive");
    }
    if (rate > MILLION) {
      throw invalid(rate, "sampling rate per million must be less than or equal to one million");
    }
  }

  private static IllegalArgumentException invalid(int rate, String why) {
    return new IllegalArgumentException(
        "samplingRatePerMillion: Invalid value: " + rate + ": " + why);
  }

  double ratio() {
    return samplingRatePerMillion.orElse(0) / (double) MILLION;
  }
}
