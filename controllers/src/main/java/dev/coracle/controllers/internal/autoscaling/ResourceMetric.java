package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  /** What came of it. */
  sealed interface Outcome {
    record Value(int replicas, ObjectNode current, String name) implements Outcome {}

    record Missing(String reason, String message) implements Outcome {}
  }

  private ResourceMetric() {}

  static Outcome evaluate(
      JsonNode spec,
      int size,
      List<KubeObject> pods,
      List<KubeObject> usage,
      Tolerances tolerances) {
    String type = spec.path("type").asText("");
    String reason = REASONS.getOrDefault(type, "InvalidMetricSourceType");
    boolean ofContainer = type.equals("ContainerResource");
    if (!type.equals("Resource") && !ofContainer) {
      return new Outcome.Missing(
          reason, "metrics of type " + type + " are not offered by this cluster's metrics API");
    }
    JsonNode source = spec.path(ofContainer ? "containerResource" : "resource");
    String resource = source.path("name").asText("");
    String container = ofContainer ? source.path("container").asText("") : "";
    Map<String, Long> used = used(usage, resource, container);
    boolean byRequest = source.path("target").path("type").asText("").equals("Utilization");
    long total = 0;
    long requested = 0;
    int measured = 0;
    int missing = 0;
    for (KubeObject pod : pods) {
      if (!Pods.phase(pod).equals("Running")) {
        continue;
      }
      Long milli = used.get(pod.name());
      if (milli == null) {
        missing++;
        continue;
      }
      measured++;
      total += milli;
      if (byRequest) {
        PodRequest request = PodRequest.of(pod, resource, container);
        if (request.without() != null) {
          return new Outcome.Missing(
              reason,
              "failed to get "
                  + resource
                  + " utilization: missing request for "
                  + resource
                  + " in container "
                  + request.without()
                  + " of Pod "
                  + pod.name());
        }
        requested += request.milli();
      }
    }
    if (measured == 0) {
      return new Outcome.Missing(
          reason,
          "failed to get "
              + resource
              + " utilization: unable to get metrics for resource "
              + resource
              + ": no metrics returned from resource metrics API");
    }
    JsonNode target = source.path("target");
    ObjectNode current = Json.object().put("type", type);
    ObjectNode detail =
        current.putObject(ofContainer ? "containerResource" : "resource").put("name", resource);
    if (ofContainer) {
      detail.put("container", container);
    }
    ObjectNode now = detail.putObject("current");
    long average = total / measured;
    now.put(
        "averageValue",
        resource.equals("cpu")
            ? Quantity.ofMillis(average).toString()
            : Quantity.ofBytes(average / 1000).toString());
    double ratio;
    String name;
    if (byRequest) {
      if (requested == 0) {
        return new Outcome.Missing(
            reason, "failed to get " + resource + " utilization: no requests of " + resource);
      }
      int utilization = (int) (total * 100 / requested);
      now.put("averageUtilization", utilization);
      ratio = utilization / (double) Math.max(1, target.path("averageUtilization").asInt(80));
      name = resource + " resource utilization (percentage of request)";
    } else {
      Quantity wanted = Quantity.tryParse(target.path("averageValue").asText(""));
      double milli = wanted == null ? 1 : Math.max(1, wanted.millis());
      ratio = average / milli;
      name = resource + " resource";
    }
    if (tolerances.holds(ratio)) {
      return new Outcome.Value(size, current, name);
    }
    // Pods without figures count as idle when growing and as just right when shrinking.
    double counted = ratio > 1 ? ratio * measured : ratio * measured + missing;
    int replicas = (int) Math.ceil(counted);
    boolean wrongWay = ratio > 1 ? replicas < size : replicas > size;
    return new Outcome.Value(wrongWay ? size : replicas, current, name);
  }

  /** In thousandths, by pod. */
  private static Map<String, Long> used(List<KubeObject> usage, String resource, String container) {
    Map<String, Long> out = new HashMap<>();
    for (KubeObject metrics : usage) {
      long sum = 0;
      boolean found = false;
      for (JsonNode c : metrics.at("containers")) {
        Quantity amount = Quantity.tryParse(c.path("usage").path(resource).asText(""));
        if (amount != null && (container.isEmpty() || c.path("name").asText().equals(container))) {
          sum += amount.millis();
          found = true;
        }
      }
      if (found) {
        out.put(metrics.name(), sum);
      }
    }
    return out;
  }
}
