package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.controllers.internal.GoSelector;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.HashMap;
import java.util.Map;

/**
 * How many pods a metric of the types Pods, Object and External asks for. Words are upstream's, its
 * slips included: what follows "on" is out of order, and a metric of an object that is shared by
 * the pods is called external.
 */
final class CustomMetric {

  private static final String NO_PODS =
      "no pods returned by selector while calculating replica count";

  private CustomMetric() {}

  /** An average over the pods themselves. */
  static Outcome ofPods(JsonNode source, Round round, Answer answer) {
    String name = name(source);
    if (!answer.failure().isEmpty()) {
      return ofPodsMissing("unable to get metric " + name + ": " + answer.failure());
    }
    if (round.pods().isEmpty()) {
      return ofPodsMissing(NO_PODS);
    }
    Map<String, MeasuredPods.Figure> figures = new HashMap<>();
    for (KubeObject value : answer.items()) {
      figures.put(
          value.text("describedObject", "name"), MeasuredPods.Figure.of(Answer.milli(value)));
    }
    MeasuredPods measured = MeasuredPods.of(round, figures, "");
    if (measured.used().isEmpty()) {
      return ofPodsMissing("did not receive metrics for any ready pods");
    }
    ObjectNode current = Json.object().put("type", "Pods");
    ObjectNode detail = current.putObject("pods");
    detail.set("metric", metric(source));
    show(detail, "averageValue", Proportion.average(measured.used()));
    long target = target(source, "averageValue");
    return new Outcome.Value(
        Proportion.ofAmount(round, target).of(measured), current, "pods metric " + name);
  }

  private static Outcome ofPodsMissing(String why) {
    return new Outcome.Missing(
        "FailedGetPodsMetric", why, "failed to get pods metric value: " + why);
  }

  /** One figure of one object: the pods' common one, or to be shared by them. */
  static Outcome ofObject(JsonNode source, Round round, Answer answer) {
    String name = name(source);
    JsonNode of = source.path("describedObject");
    String kind = of.path("kind").asText("");
    boolean shared = source.path("target").path("type").asText("").equals("AverageValue");
    String told =
        "failed to get object metric value: "
            + (shared ? "failed to get " + name + " object metric: " : "");
    if (!answer.failure().isEmpty()) {
      String why =
          "unable to get metric "
              + name
              + ": "
              + kind
              + " on "
              + round.scaler().namespace()
              + " "
              + of.path("name").asText("")
              + "/"
              + answer.failure();
      return new Outcome.Missing("FailedGetObjectMetric", why, told + why);
    }
    ObjectNode current = Json.object().put("type", "Object");
    ObjectNode detail = current.putObject("object");
    detail.set("describedObject", of.deepCopy());
    detail.set("metric", metric(source));
    long use = Answer.milli(answer.items().getFirst());
    String shown = shared ? external(source) : kind + " metric " + name;
    return outcome(
        source, round, use, shared, detail, current, shown, "FailedGetObjectMetric", told);
  }

  /** The sum of figures that belong to no object. */
  static Outcome external(JsonNode source, Round round, Answer answer) {
    String name = name(source);
    boolean shared = source.path("target").hasNonNull("averageValue");
    String told =
        "failed to get "
            + name
            + " external metric value: failed to get "
            + (shared ? name + " external metric: " : "external metric " + name + ": ");
    if (!answer.failure().isEmpty()) {
      String why =
          "unable to get external metric "
              + round.scaler().namespace()
              + "/"
              + name
              + "/"
              + GoSelector.text(source.path("metric").path("selector"))
              + ": "
              + answer.failure();
      return new Outcome.Missing("FailedGetExternalMetric", why, told + why);
    }
    long use = 0;
    for (KubeObject value : answer.items()) {
      long more = Answer.milli(value);
      use = more > 0 && use > Long.MAX_VALUE - more ? Long.MAX_VALUE : use + more;
    }
    ObjectNode current = Json.object().put("type", "External");
    ObjectNode detail = current.putObject("external");
    detail.set("metric", metric(source));
    return outcome(
        source,
        round,
        use,
        shared,
        detail,
        current,
        external(source),
        "FailedGetExternalMetric",
        told);
  }

  private static Outcome outcome(
      JsonNode source,
      Round round,
      long use,
      boolean shared,
      ObjectNode detail,
      ObjectNode current,
      String name,
      String reason,
      String told) {
    if (shared) {
      double target = target(source, "averageValue");
      boolean right = round.tolerances().holds(use / (target * round.running()));
      int replicas = right ? round.running() : (int) Math.ceil(use / target);
      double share = Math.ceil(use / (double) Math.max(1, round.running()));
      show(detail, "averageValue", (long) share);
      return new Outcome.Value(replicas, current, name);
    }
    double ratio = use / (double) target(source, "value");
    show(detail, "value", use);
    if (round.size() == 0) {
      return new Outcome.Value((int) Math.ceil(ratio), current, name);
    }
    if (round.tolerances().holds(ratio)) {
      return new Outcome.Value(round.size(), current, name);
    }
    if (round.pods().isEmpty()) {
      String why = "unable to calculate ready pods: " + NO_PODS;
      return new Outcome.Missing(reason, why, told + why);
    }
    long ready =
        round.pods().stream()
            .filter(pod -> Pods.phase(pod).equals("Running") && Pods.isReady(pod))
            .count();
    return new Outcome.Value((int) Math.ceil(ratio * ready), current, name);
  }

  private static String name(JsonNode source) {
    return source.path("metric").path("name").asText("");
  }

  private static String external(JsonNode source) {
    return "external metric "
        + name(source)
        + "("
        + GoSelector.text(source.path("metric").path("selector"))
        + ")";
  }

  private static ObjectNode metric(JsonNode source) {
    return source.path("metric").deepCopy() instanceof ObjectNode copy ? copy : Json.object();
  }

  private static long target(JsonNode source, String field) {
    Quantity wanted = Quantity.tryParse(source.path("target").path(field).asText(""));
    return wanted == null ? 1 : Math.max(1, wanted.millis());
  }

  private static void show(ObjectNode detail, String field, long milli) {
    detail.putObject("current").put(field, Quantity.ofMillis(milli).toString());
  }
}
