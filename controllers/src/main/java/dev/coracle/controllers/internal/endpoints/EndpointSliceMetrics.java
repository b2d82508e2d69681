package dev.coracle.controllers.internal.endpoints;

import dev.coracle.api.NamespacedName;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Upstream's metrics of EndpointSlices, under its names, labels and buckets. Written on the
 * controllers' context; read from any thread.
 */
final class EndpointSliceMetrics {

  static final String OF_SERVICES = "endpoint_slice_controller_";

  private static final double[] BUCKETS =
      IntStream.range(0, 15).mapToDouble(i -> 2L << i).toArray();

  /**
   * What a Service has.
   *
   * @param slices that there are
   * @param perfect how few there could be
   * @param added endpoints that are new in this round, and likewise {@code removed}
   */
  record Counts(int endpoints, int slices, int perfect, int added, int removed) {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0);
  }

  private final MeterRegistry registry;
  private final String prefix;
  private final Map<NamespacedName, Counts> byService = new HashMap<>();
  private final AtomicLong endpoints;
  private final AtomicLong slices;
  private final AtomicLong perfect;
  private final DistributionSummary added;
  private final DistributionSummary removed;

  /**
   * @param prefix of the names, by which upstream's controllers differ
   */
  EndpointSliceMetrics(MeterRegistry registry, String prefix) {
    this.registry = registry;
    this.prefix = prefix;
    this.endpoints = gauge("endpoints_desired", "Number of endpoints desired");
    this.slices = gauge("num_endpoint_slices", "Number of EndpointSlices");
    this.perfect =
        gauge(
            "desired_endpoint_slices",
            "Number of EndpointSlices that would exist with perfect endpoint allocation");
    this.added = summary(registry, prefix + "endpoints_added_per_sync");
    this.removed = summary(registry, prefix + "endpoints_removed_per_sync");
  }

  private AtomicLong gauge(String name, String help) {
    AtomicLong value = new AtomicLong();
    Gauge.builder(prefix + name, value, AtomicLong::get)
        .description(help)
        .strongReference(true)
        .register(registry);
    return value;
  }

  static DistributionSummary summary(MeterRegistry registry, String name) {
    return DistributionSummary.builder(name).serviceLevelObjectives(BUCKETS).register(registry);
  }

  /** The Service is gone or has no slices made for it any more. */
  void gone(NamespacedName service) {
    count(byService.remove(service), Counts.NONE);
  }

  void planned(NamespacedName service, Counts now) {
    count(byService.put(service, now), now);
    added.record(now.added());
    removed.record(now.removed());
  }

  private void count(@Nullable Counts before, Counts now) {
    Counts was = before == null ? Counts.NONE : before;
    endpoints.addAndGet(now.endpoints() - was.endpoints());
    slices.addAndGet(now.slices() - was.slices());
    perfect.addAndGet(now.perfect() - was.perfect());
  }

  /**
   * @param operation {@code create}, {@code update} or {@code delete}
   */
  void changed(String operation) {
    registry.counter(prefix + "changes", "operation", operation).increment();
  }

  /**
   * @param result {@code success}, {@code stale} or {@code error}
   */
  void synced(String result) {
    registry.counter(prefix + "syncs", "result", result).increment();
  }
}
