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
 * How many pods one resource metric asks for: in proportion of use to target, within a tolerance of
 * 10 %.
 */
final class ResourceMetric {

  private static final double TOLERANCE = 0.1;

  /** What came of it. */
  sealed interface Outcome {
    record Value(int replicas, ObjectNode current, String name) implements Outcome {}

    record Missing(String message) implements Outcome {}
  }

  private ResourceMetric() {}

  static Outcome evaluate(JsonNode spec, int size, List<KubeObject> pods, List<KubeObject> usage) {
    String type = spec.path("type").asText("");
    boolean ofContainer = type.equals("ContainerResource");
    if (!type.equals("Resource") && !ofContainer) {
      return new Outcome.Missing(
          "metrics of type " + type + " are not offered by this cluster's metrics API");
    }
    JsonNode source = spec.path(ofContainer ? "containerResource" : "resource");
    String resource = source.path("name").asText("");
    String container = ofContainer ? source.path("container").asText("") : "";
    Map<String, Long> used = used(usage, resource, container);
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
      requested += requested(pod, resource, container);
    }
    if (measured == 0) {
      return new Outcome.Missing(
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
    if (target.path("type").asText("").equals("Utilization")) {
      if (requested == 0) {
        return new Outcome.Missing(
            "failed to get " + resource + " utilization: missing request for " + resource);
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
    if (Math.abs(ratio - 1) <= TOLERANCE) {
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

  private static long requested(KubeObject pod, String resource, String container) {
    long sum = 0;
    for (JsonNode c : pod.at("spec", "containers")) {
      Quantity amount =
          Quantity.tryParse(c.path("resources").path("requests").path(resource).asText(""));
      if (amount != null && (container.isEmpty() || c.path("name").asText().equals(container))) {
        sum += amount.millis();
      }
    }
    return sum;
  }
}
