package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many pods one resource metric asks for: in proportion of use to target, within tolerances.
 */
final class ResourceMetric {

  private ResourceMetric() {}

  /**
   * @param ofContainer whether the metric is of one container of each pod, rather than of the pod
   */
  static Outcome evaluate(JsonNode source, boolean ofContainer, Round round, Answer answer) {
    String resource = source.path("name").asText("");
    String container = ofContainer ? source.path("container").asText("") : "";
    Asked asked = new Asked(resource, container, round);
    String failure = failure(answer, container);
    if (!failure.isEmpty()) {
      return asked.missing("unable to get metrics for resource " + resource + ": " + failure);
    }
    if (round.pods().isEmpty()) {
      return asked.missing("no pods returned by selector while calculating replica count");
    }
    MeasuredPods measured =
        MeasuredPods.of(round, MeasuredPods.figures(answer.items(), resource, container), resource);
    if (measured.used().isEmpty()) {
      return asked.missing("did not receive metrics for any ready pods");
    }
    JsonNode target = source.path("target");
    ObjectNode current = Json.object().put("type", ofContainer ? "ContainerResource" : "Resource");
    ObjectNode detail =
        current.putObject(ofContainer ? "containerResource" : "resource").put("name", resource);
    if (ofContainer) {
      detail.put("container", container);
    }
    ObjectNode shown = detail.putObject("current");
    return target.path("type").asText("").equals("Utilization")
        ? byRequest(asked, target.path("averageUtilization").asInt(80), measured, shown, current)
        : byAmount(
            asked,
            Quantity.tryParse(target.path("averageValue").asText("")),
            measured,
            shown,
            current);
  }

  private static String failure(Answer answer, String container) {
    for (KubeObject metrics : answer.items()) {
      boolean there = container.isEmpty();
      for (JsonNode c : metrics.at("containers")) {
        there |= c.path("name").asText("").equals(container);
      }
      if (!there) {
        return "failed to get container metrics: container "
            + container
            + " not present in metrics for pod "
            + metrics.key();
      }
    }
    return answer.failure();
  }

  /** What a metric is asked about. */
  private record Asked(String resource, String container, Round round) {

    Outcome missing(String why) {
      String message = "failed to get " + resource + " utilization: " + why;
      return container.isEmpty()
          ? new Outcome.Missing(
              "FailedGetResourceMetric",
              message,
              "failed to get " + resource + " resource metric value: " + message)
          : new Outcome.Missing(
              "FailedGetContainerResourceMetric",
              message,
              "failed to get " + resource + " container metric value: " + message);
    }
  }

  private static Outcome byRequest(
      Asked asked, int target, MeasuredPods measured, ObjectNode shown, ObjectNode current) {
    Map<String, Long> requests = new HashMap<>();
    for (KubeObject pod : asked.round().pods()) {
      PodRequest request = PodRequest.of(pod, asked.resource(), asked.container());
      if (request.without() != null) {
        return asked.missing(
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
      return asked.missing("no metrics returned matched known pods");
    }
    shown.put("averageValue", amount(asked.resource(), sum(used, used) / used.size()));
    shown.put("averageUtilization", share(used, requests));
    long whole = Math.max(100, target);
    Proportion proportion =
        new Proportion(
            asked.round().size(),
            asked.round().tolerances(),
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
    shown.put("averageValue", amount(asked.resource(), Proportion.average(used)));
    return new Outcome.Value(
        Proportion.ofAmount(asked.round(), target).of(measured),
        current,
        asked.container().isEmpty()
            ? asked.resource() + " resource"
            : asked.resource() + " container resource");
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
