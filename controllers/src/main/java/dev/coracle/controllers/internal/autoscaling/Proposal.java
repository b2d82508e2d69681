package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * What all metrics of an autoscaler come to.
 *
 * @param missing those that could not be had
 * @param failures what they come to, empty where there is a size
 * @param metric the one that asks for the size
 */
record Proposal(int size, List<Outcome.Missing> missing, String failures, String metric) {

  /**
   * The largest of what the metrics ask for; when one cannot be had, there is no scaling down.
   *
   * @param answers one for each metric
   * @param told of what came of each
   */
  static Proposal of(Round round, ObjectNode status, List<Answer> answers, AutoscalerMetrics told) {
    ArrayNode current = Json.array();
    int most = -1;
    String metric = "";
    List<Outcome.Missing> missing = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      JsonNode spec = round.scaler().at("spec", "metrics").get(i);
      Outcome outcome = evaluate(spec, round, answers.get(i));
      told.computed(spec.path("type").asText(""), outcome, round.size(), answers.get(i).nanos());
      switch (outcome) {
        case Outcome.Value value -> {
          current.add(value.current());
          if (value.replicas() > most) {
            most = value.replicas();
            metric = value.name();
          }
        }
        case Outcome.Missing none -> missing.add(none);
      }
    }
    if (current.isEmpty()) {
      status.putNull("currentMetrics");
    } else {
      status.set("currentMetrics", current);
    }
    if (missing.isEmpty() || most >= round.size()) {
      return new Proposal(most < 0 ? round.size() : most, missing, "", metric);
    }
    String failures =
        "invalid metrics ("
            + missing.size()
            + " invalid out of "
            + answers.size()
            + "), first error is: "
            + missing.getFirst().told();
    return new Proposal(round.size(), missing, failures, "");
  }

  private static Outcome evaluate(JsonNode spec, Round round, Answer answer) {
    String type = spec.path("type").asText("");
    return switch (type) {
      case "Resource" -> ResourceMetric.evaluate(spec.path("resource"), false, round, answer);
      case "ContainerResource" ->
          ResourceMetric.evaluate(spec.path("containerResource"), true, round, answer);
      case "Pods" -> CustomMetric.ofPods(spec.path("pods"), round, answer);
      case "Object" -> CustomMetric.ofObject(spec.path("object"), round, answer);
      case "External" -> CustomMetric.external(spec.path("external"), round, answer);
      default -> {
        String why = "unknown metric source type \"" + type + "\"";
        yield new Outcome.Missing(Outcome.Missing.NO_SUCH_TYPE, why, why);
      }
    };
  }
}
