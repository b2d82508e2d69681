package dev.coracle.kubelet.internal.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Quantity;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The metrics of resizes in place (KEP-1287, "Instrumentation"). Safe for any thread. */
public final class ResizeMetrics {
  /** What has a resize that waited looked at again. */
  public static final String POD_UPDATED = "pod_updated";

  public static final String POD_RESIZED = "pod_resized";
  public static final String PODS_REMOVED = "pods_removed";
  public static final String PERIODIC = "periodic_retry";

  private final MeterRegistry registry;
  private final String node;

  ResizeMetrics(MeterRegistry registry, String node) {
    this.registry = registry;
    this.node = node;
  }

  /**
   * A spec asks for something else than before.
   *
   * @param before requests and limits by container name
   */
  public void requested(Map<String, JsonNode> before, Map<String, JsonNode> now) {
    now.forEach((container, resources) -> {
      JsonNode had = before.getOrDefault(container, Json.object());
      for (String resource : List.of("cpu", "memory")) {
        for (String requirement : List.of("requests", "limits")) {
          operation(amount(had, requirement, resource), amount(resources, requirement, resource))
              .ifPresent(operation ->
                  count(
                      "kubelet_container_requested_resizes_total",
                      "Number of requested resizes, counted at the container level",
                      Tags.of(
                          "resource",
                          resource,
                          "requirement",
                          requirement,
                          "operation",
                          operation)));
        }
      }
    });
  }

  private static Quantity amount(JsonNode resources, String requirement, String resource) {
    return Optional.ofNullable(
            Quantity.tryParse(resources.path(requirement).path(resource).asText("")))
        .orElse(Quantity.ZERO);
  }

  private static Optional<String> operation(Quantity before, Quantity now) {
    int change = now.compareTo(before);
    if (change == 0) {
      return Optional.empty();
    }
    if (before.signum() == 0) {
      return Optional.of("add");
    }
    return Optional.of(now.signum() == 0 ? "remove" : change > 0 ? "increase" : "decrease");
  }

  /**
   * This node never does it.
   *
   * @param detail why
   */
  public void infeasible(String detail) {
    count(
        "kubelet_pod_infeasible_resizes_total",
        "Number of infeasible resizes for pods",
        Tags.of("reason_detail", detail));
  }

  /**
   * What waited for room has been promised.
   *
   * @param trigger what had it looked at again
   */
  public void deferredAccepted(String trigger) {
    count(
        "kubelet_pod_deferred_accepted_resizes_total",
        "Cumulative number of resizes that were accepted after being deferred",
        Tags.of("retry_trigger", trigger));
  }

  /** Running containers were given their new resources, or not. */
  public void given(boolean success, Duration took) {
    DistributionSummary.builder("kubelet_pod_resize_duration_milliseconds")
        .description("Duration in milliseconds to actuate a pod resize")
        .serviceLevelObjectives(10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10_240)
        .tags(Tags.of("success", Boolean.toString(success), "node", node))
        .register(registry)
        .record(took.toNanos() / 1e6);
  }

  private void count(String name, String help, Tags tags) {
    Counter.builder(name)
        .description(help)
        .tags(tags.and("node", node))
        .register(registry)
        .increment();
  }
}
