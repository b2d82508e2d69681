package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all metrics of an autoscaler come to.
 *
 * @param failure the first, null where there is a size
 * @param failures what all of them come to
 * @param metric the one that asks for the size
 */
record Proposal(
    int size, ResourceMetric.Outcome.@Nullable Missing failure, String failures, String metric) {

  /** The largest of what the metrics ask for; when one cannot be had, there is no scaling down. */
  static Proposal of(
      KubeObject scaler,
      ObjectNode status,
      int size,
      List<KubeObject> pods,
      ResourceMetric.Usage usage,
      Instant now) {
    ArrayNode current = Json.array();
    int most = -1;
    String metric = "";
    ResourceMetric.Outcome.Missing failure = null;
    String first = "";
    int failed = 0;
    ResourceMetric.Tolerances tolerances =
        ResourceMetric.Tolerances.of(scaler.at("spec", "behavior"));
    for (JsonNode spec : scaler.at("spec", "metrics")) {
      ResourceMetric.Outcome outcome =
          ResourceMetric.evaluate(spec, size, pods, usage, tolerances, now);
      switch (outcome) {
        case ResourceMetric.Outcome.Value value -> {
          current.add(value.current());
          if (value.replicas() > most) {
            most = value.replicas();
            metric = value.name();
          }
        }
        case ResourceMetric.Outcome.Missing missing -> {
          failed++;
          // The first is the one that is told of.
          if (failure == null) {
            failure = missing;
            first = ResourceMetric.failure(spec, missing.message());
          }
        }
      }
    }
    if (current.isEmpty()) {
      status.putNull("currentMetrics");
    } else {
      status.set("currentMetrics", current);
    }
    return failure != null && most < size
        ? new Proposal(
            size,
            failure,
            "invalid metrics ("
                + failed
                + " invalid out of "
                + scaler.at("spec", "metrics").size()
                + "), first error is: "
                + first,
            "")
        : new Proposal(most < 0 ? size : most, null, "", metric);
  }
}
