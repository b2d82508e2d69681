package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an autoscaler's conditions say of its bounds, and the events of what went wrong. */
class AutoscalerConditionsTest {

  private static final String QUEUE =
      "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue";

  private final Cluster c = new Cluster();

  private void wanted(int replicas) {
    c.api.serve(
        QUEUE,
        """
        {"items":[{"metricName":"queue","timestamp":"2026-01-01T00:00:00Z","value":"%d"}]}\
        """
            .formatted(replicas));
  }

  /** An autoscaler that wants as many pods as the metric's value says. */
  private void scaler(int size, int max, String behavior) {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", size, "i"));
    c.pass(Duration.ofSeconds(1));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":2,"maxReplicas":%d,%s
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"External","external":{"metric":{"name":"queue"},
           "target":{"type":"AverageValue","averageValue":"1"}}}]}}\
        """
            .formatted(max, behavior.isEmpty() ? "" : "\"behavior\":" + behavior + ","));
    c.pass(Duration.ofSeconds(1));
  }

  private JsonNode condition(String type) {
    for (JsonNode condition :
        c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h").at("status", "conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    throw new AssertionError("no condition " + type);
  }

  private String words(String type) {
    JsonNode c = condition(type);
    return c.path("status").asText()
        + " "
        + c.path("reason").asText()
        + ": "
        + c.path("message").asText();
  }

  private int replicas() {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  @Test
  void saysThatAllIsAsRecommended() {
    wanted(3);
    scaler(3, 10, "");
    assertThat(words("AbleToScale"))
        .isEqualTo("True ReadyForNewScale: recommended size matches current size");
    assertThat(words("ScalingLimited"))
        .isEqualTo("False DesiredWithinRange: the desired count is within the acceptable range");
  }

  @ParameterizedTest
  @CsvSource({"3,6", "2,4"})
  void withoutABehaviorDoublesAtMost(int before, int after) {
    wanted(9);
    scaler(before, 10, "");
    assertThat(replicas()).isEqualTo(after);
    assertThat(words("ScalingLimited"))
        .isEqualTo(
            "True ScaleUpLimit: the desired replica count is increasing faster than the maximum"
                + " scale rate");
  }

  @ParameterizedTest
  @CsvSource({
    "20,TooManyReplicas: the desired replica count is more than the maximum replica count,4",
    "1,TooFewReplicas: the desired replica count is less than the minimum replica count,2",
  })
  void saysWhichBoundHolds(int wanted, String words, int replicas) {
    wanted(wanted);
    scaler(3, 4, "{\"scaleDown\":{\"stabilizationWindowSeconds\":0}}");
    assertThat(words("ScalingLimited")).isEqualTo("True " + words);
    assertThat(replicas()).isEqualTo(replicas);
  }

  @Test
  void shrinksNoFasterThanItsPolicy() {
    wanted(2);
    scaler(
        8,
        10,
        "{\"scaleDown\":{\"stabilizationWindowSeconds\":0,\"policies\":"
            + "[{\"type\":\"Pods\",\"value\":1,\"periodSeconds\":60}]}}");
    assertThat(replicas()).isEqualTo(7);
    assertThat(words("ScalingLimited"))
        .isEqualTo(
            "True ScaleDownLimit: the desired replica count is decreasing faster than the maximum"
                + " scale rate");
  }

  /** Or a controller that starts would let a target shrink that was just made larger. */
  @Test
  void keepsTheSizeInWhichItFoundTheTarget() {
    wanted(2);
    scaler(5, 10, "");
    assertThat(replicas()).isEqualTo(5);
    assertThat(words("AbleToScale"))
        .isEqualTo(
            "True ScaleDownStabilized: recent recommendations were higher than current one,"
                + " applying the highest recent recommendation");
    c.pass(Duration.ofMinutes(6));
    assertThat(replicas()).isEqualTo(2);
  }

  @Test
  void waitsBeforeItGrowsWhereItsBehaviorSaysSo() {
    wanted(3);
    scaler(3, 10, "{\"scaleUp\":{\"stabilizationWindowSeconds\":60}}");
    wanted(5);
    c.pass(Duration.ofSeconds(16));
    assertThat(replicas()).isEqualTo(3);
    assertThat(words("AbleToScale"))
        .isEqualTo(
            "True ScaleUpStabilized: recent recommendations were lower than current one, applying"
                + " the lowest recent recommendation");
  }

  @Test
  void tellsOfAScaleThatCannotBeRead() {
    c.api.failWhen(call ->
        call.verb().equals("get") && call.subresource().equals("scale")
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    wanted(3);
    scaler(3, 10, "");
    assertThat(c.events("FailedGetScale")).containsExactly("not you");
    assertThat(words("AbleToScale"))
        .isEqualTo(
            "False FailedGetScale: the HPA controller was unable to get the target's current scale:"
                + " not you");
  }

  @Test
  void tellsOfAStatusThatCannotBeWritten() {
    c.api.failWhen(call ->
        call.resource().equals(Resources.HORIZONTAL_POD_AUTOSCALERS)
                && call.subresource().equals("status")
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    wanted(3);
    scaler(3, 10, "");
    assertThat(c.events("FailedUpdateStatus")).contains("not you");
  }

  @Test
  void tellsOfATargetThatCannotBeResized() {
    c.api.failWhen(call ->
        call.verb().equals("update") && call.subresource().equals("scale")
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
    wanted(4);
    scaler(3, 10, "");
    assertThat(c.events("FailedRescale"))
        .containsExactly(
            "New size: 4; reason: external metric queue(nil) above target; error: not you");
    assertThat(words("AbleToScale"))
        .isEqualTo(
            "False FailedUpdateScale: the HPA controller was unable to update the target scale: not"
                + " you");
  }

  @Test
  void saysThatATargetOfNoneIsLeftAlone() {
    wanted(3);
    scaler(3, 10, "");
    c.edit(Resources.DEPLOYMENTS, "d", n -> ((ObjectNode) n.path("spec")).put("replicas", 0));
    c.pass(Duration.ofSeconds(16));
    assertThat(words("ScalingActive"))
        .isEqualTo(
            "False ScalingDisabled: scaling is disabled since the replica count of the target is"
                + " zero");
    assertThat(replicas()).isZero();
  }

  /** What it wanted before is what it wants while there are no figures. */
  @Test
  void keepsWhatItWantedWhenFiguresAreMissing() {
    wanted(5);
    scaler(3, 10, "");
    assertThat(desired()).isEqualTo(5);
    c.edit(Resources.DEPLOYMENTS, "d", n -> ((ObjectNode) n.path("spec")).put("replicas", 7));
    c.api.serve(QUEUE, "{\"items\":[]}");
    c.pass(Duration.ofSeconds(16));
    assertThat(condition("ScalingActive").path("reason").asText())
        .isEqualTo("FailedGetExternalMetric");
    assertThat(desired()).isEqualTo(5);
  }

  private int desired() {
    return c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h").at("status", "desiredReplicas").asInt();
  }
}
