package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Upstream's metrics of mirrored Endpoints, under its names and with its buckets. Written on the
 * controllers' context; read from any thread.
 */
final class MirroringMetrics {

  private static final String PREFIX = "endpoint_slice_mirroring_controller_";

  private final EndpointSliceMetrics slices;
  private final DistributionSummary updated;
  private final DistributionSummary skipped;
  private final DistributionSummary seconds;

  MirroringMetrics(MeterRegistry registry) {
    this.slices = new EndpointSliceMetrics(registry, PREFIX);
    this.updated = EndpointSliceMetrics.summary(registry, PREFIX + "endpoints_updated_per_sync");
    this.skipped = EndpointSliceMetrics.summary(registry, PREFIX + "addresses_skipped_per_sync");
    this.seconds =
        DistributionSummary.builder(PREFIX + "endpoints_sync_duration")
            .description("Duration of syncEndpoints() in seconds")
            .serviceLevelObjectives(
                IntStream.range(0, 15).mapToDouble(i -> 0.001 * (1 << i)).toArray())
            .register(registry);
  }

  /** There is nothing to be mirrored any more. */
  void gone(NamespacedName endpoints) {
    slices.gone(endpoints);
  }

  /**
   * @param skippedAddresses those beyond the bound
   */
  void planned(
      NamespacedName name,
      List<KubeObject> wanted,
      List<KubeObject> present,
      int skippedAddresses) {
    Map<String, JsonNode> before = byAddress(present);
    Map<String, JsonNode> now = byAddress(wanted);
    int added = 0;
    int changed = 0;
    for (Map.Entry<String, JsonNode> endpoint : now.entrySet()) {
      JsonNode was = before.remove(endpoint.getKey());
      added += was == null ? 1 : 0;
      changed += was != null && !was.equals(endpoint.getValue()) ? 1 : 0;
    }
    slices.planned(
        name,
        new EndpointSliceMetrics.Counts(
            now.size(), wanted.size(), wanted.size(), added, before.size()));
    updated.record(changed);
    skipped.record(skippedAddresses);
  }

  /** An address may be behind several ports. */
  private static Map<String, JsonNode> byAddress(List<KubeObject> slices) {
    Map<String, JsonNode> out = new HashMap<>();
    for (KubeObject slice : slices) {
      for (JsonNode endpoint : slice.at("endpoints")) {
        out.put(slice.name() + " " + endpoint.path("addresses").path(0).asText(""), endpoint);
      }
    }
    return out;
  }

  /**
   * @param operation {@code create}, {@code update} or {@code delete}
   */
  void changed(String operation) {
    slices.changed(operation);
  }

  void synced(Duration took) {
    seconds.record(took.toNanos() / 1e9);
  }
}
