package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many pods one resource metric asks for: in proportion of use to target, within tolerances.
 */
final class ResourceMetric {

  private static final double TOLERANCE = 0.1;

  /** The types, and the reason that says that there is no figure of the type. */
  private static final Map<String, String> REASONS =
      Map.of(
          "Resource", "FailedGetResourceMetric",
          "ContainerResource", "FailedGetContainerResourceMetric",
          "Pods", "FailedGetPodsMetric",
          "Object", "FailedGetObjectMetric",
          "External", "FailedGetExternalMetric");

  /** By how much use may be off its target, downwards and upwards, before anything is done. */
  record Tolerances(double down, double up) {

    /** {@code spec.behavior}'s, else a tenth (KEP-4951). */
    static Tolerances of(JsonNode behavior) {
      return new Tolerances(one(behavior.path("scaleDown")), one(behavior.path("scaleUp")));
    }

    private static double one(JsonNode rules) {
      Quantity set = Quantity.tryParse(rules.path("tolerance").asText(""));
      return set == null ? TOLERANCE : set.value().doubleValue();
    }

    boolean holds(double ratio) {
      return 1 - down <= ratio && ratio <= 1 + up;
    }
  }

  /** What the metrics API answered, or why it did not. */
  record Usage(List<KubeObject> items, String failure) {}

  /** What came of it. */
  sealed interface Outcome {
    record Value(int replicas, ObjectNode current, String name) implements Outcome {}

    record Missing(String reason, String message) implements Outcome {}
  }

  private ResourceMetric() {}

  /** As a failure of this metric is put where all failures are counted. */
  static String failure(JsonNode spec, String message) {
    String name = spec.path(field(spec)).path("name").asText("");
    return switch (spec.path("type").asText("")) {
      case "Resource" -> "failed to get " + name + " resource metric value: " + message;
      case "ContainerResource" -> "failed to get " + name + " container metric value: " + message;
      case "Pods" -> "failed to get pods metric value: " + message;
      case "Object" -> "failed to get object metric value: " + message;
      case "External" ->
          "failed to get "
              + spec.path("external").path("metric").path("name").asText("")
              + " external metric value: "
              + message;
      default -> message;
    };
  }

  private static String field(JsonNode spec) {
    return spec.path("type").asText("").equals("ContainerResource")
        ? "containerResource"
        : "resource";
  }

  static Outcome evaluate(
      JsonNode spec,
      int size,
      List<KubeObject> pods,
      Usage usage,
      Tolerances tolerances,
      Instant now) {
    String type = spec.path("type").asText("");
    String reason = REASONS.getOrDefault(type, "InvalidMetricSourceType");
    boolean ofContainer = type.equals("ContainerResource");
    if (!type.equals("Resource") && !ofContainer) {
      return new Outcome.Missing(
          reason, "metrics of type " + type + " are not offered by this cluster's metrics API");
    }
    JsonNode source = spec.path(field(spec));
    String resource = source.path("name").asText("");
    String container = ofContainer ? source.path("container").asText("") : "";
    MeasuredPods measured = MeasuredPods.of(pods, usage.items(), resource, container, now);
    String none =
        usage.items().isEmpty()
            ? "unable to get metrics for resource "
                + resource
                + (usage.failure().isEmpty()
                    ? ": no metrics returned from resource metrics API"
                    : ": unable to fetch metrics from resource metrics API: " + usage.failure())
            : pods.isEmpty()
                ? "no pods returned by selector while calculating replica count"
                : measured.used().isEmpty() ? "did not receive metrics for any ready pods" : "";
    if (!none.isEmpty()) {
      return missing(reason, resource, none);
    }
    JsonNode target = source.path("target");
    ObjectNode current = Json.object().put("type", type);
    ObjectNode detail = current.putObject(field(spec)).put("name", resource);
    if (ofContainer) {
      detail.put("container", container);
    }
    ObjectNode shown = detail.putObject("current");
    return target.path("type").asText("").equals("Utilization")
        ? byRequest(
            new Asked(reason, resource, container, size, tolerances),
            target.path("averageUtilization").asInt(80),
            pods,
            measured,
            shown,
            current)
        : byAmount(
            new Asked(reason, resource, container, size, tolerances),
            Quantity.tryParse(target.path("averageValue").asText("")),
            measured,
            shown,
            current);
  }

  /** What a metric is asked about. */
  private record Asked(
      String reason, String resource, String container, int size, Tolerances tolerances) {}

  private static Outcome byRequest(
      Asked asked,
      int target,
      List<KubeObject> pods,
      MeasuredPods measured,
      ObjectNode shown,
      ObjectNode current) {
    Map<String, Long> requests = new HashMap<>();
    for (KubeObject pod : pods) {
      PodRequest request = PodRequest.of(pod, asked.resource(), asked.container());
      if (request.without() != null) {
        return missing(
            asked.reason(),
            asked.resource(),
            "missing request for "
                + asked.resource()
                + " in container "
                + request.without()
                + " of Pod "
                + pod.name());
      }
      requests.put(pod.name(), request.milli());
    }
    Map<String, Long> used = new HashMap<>(measured.used());
    used.keySet().retainAll(requests.keySet());
    if (sum(requests, used) == 0) {
      return missing(asked.reason(), asked.resource(), "no metrics returned matched known pods");
    }
    shown.put("averageValue", amount(asked.resource(), sum(used, used) / used.size()));
    shown.put("averageUtilization", share(used, requests));
    long whole = Math.max(100, target);
    Proportion proportion =
        new Proportion(
            asked.size(),
            asked.tolerances(),
            of -> share(of, requests) / (double) Math.max(1, target),
            pod -> requests.getOrDefault(pod, 0L) * whole / 100);
    return new Outcome.Value(
        proportion.of(measured),
        current,
        asked.container().isEmpty()
            ? asked.resource() + " resource utilization (percentage of request)"
            : asked.resource() + " container resource utilization (percentage of request)");
  }

  private static Outcome byAmount(
      Asked asked,
      @Nullable Quantity wanted,
      MeasuredPods measured,
      ObjectNode shown,
      ObjectNode current) {
    long target = wanted == null ? 1 : Math.max(1, wanted.millis());
    Map<String, Long> used = measured.used();
    shown.put("averageValue", amount(asked.resource(), sum(used, used) / used.size()));
    Proportion proportion =
        new Proportion(
            asked.size(),
            asked.tolerances(),
            of -> sum(of, of) / of.size() / (double) target,
            _ -> target);
    return new Outcome.Value(
        proportion.of(measured),
        current,
        asked.container().isEmpty()
            ? asked.resource() + " resource"
            : asked.resource() + " container resource");
  }

  private static Outcome missing(String reason, String resource, String why) {
    return new Outcome.Missing(reason, "failed to get " + resource + " utilization: " + why);
  }

  private static String amount(String resource, long milli) {
    return resource.equals("cpu")
        ? Quantity.ofMillis(milli).toString()
        : Quantity.ofBytes(milli / 1000).toString();
  }

  /** In percent. */
  private static int share(Map<String, Long> used, Map<String, Long> requests) {
    return (int) (sum(used, requests) * 100 / Math.max(1, sum(requests, used)));
  }

  /** Of those that the other has, too. */
  private static long sum(Map<String, Long> values, Map<String, Long> of) {
    long sum = 0;
    for (var value : values.entrySet()) {
      sum += of.containsKey(value.getKey()) ? value.getValue() : 0;
    }
    return sum;
  }
}
