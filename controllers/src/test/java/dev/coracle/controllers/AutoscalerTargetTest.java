package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What an autoscaler scales, and which of its pods it measures. */
class AutoscalerTargetTest {

  private final Cluster c = new Cluster();

  /** A custom resource, defined and made. */
  private void sheep(int replicas, String status) {
    Sheep.define(c, true);
    Sheep.put(c, replicas, status);
    c.pass(Duration.ofSeconds(1));
  }

  private void scaler(String name, String target) {
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"%s"},
         "spec":{"minReplicas":1,"maxReplicas":10,"scaleTargetRef":%s,
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":50}}}]}}\
        """
            .formatted(name, target));
    c.pass(Duration.ofSeconds(1));
  }

  private static final String A_SHEEP =
      "{\"apiVersion\":\"example.com/v1\",\"kind\":\"Sheep\",\"name\":\"s\"}";
  private static final String A_DEPLOYMENT =
      "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"name\":\"d\"}";

  private JsonNode condition(String scaler, String type) {
    for (JsonNode condition :
        c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, scaler).at("status", "conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    throw new AssertionError("no condition " + type);
  }

  private void deployment() {
    c.create(
        Resources.DEPLOYMENTS,
        Cluster.deployment("d", 2, "i")
            .replace(
                "\"image\":\"i\"",
                "\"image\":\"i\",\"resources\":{\"requests\":{\"cpu\":\"100m\"}}"));
    c.pass(Duration.ofSeconds(1));
  }

  /** Each pod uses as much, measured until now over this window. */
  private void use(String cpu, String window) {
    c.pods().forEach(pod -> c.use(pod, cpu, window));
  }

  private int replicas() {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  @Test
  void scalesACustomResourceThatHasAScale() {
    sheep(12, "{\"selector\":\"app=d\"}");
    scaler("h", A_SHEEP);
    assertThat(c.get(Sheep.RESOURCE, "s").at("spec", "replicas").asInt()).isEqualTo(10);
    assertThat(c.events("SuccessfulRescale"))
        .containsExactly("New size: 10; reason: Current number of replicas above Spec.MaxReplicas");
  }

  @Test
  void refusesATargetWithoutSelector() {
    sheep(2, "{\"replicas\":2}");
    scaler("h", A_SHEEP);
    assertThat(c.events("SelectorRequired")).containsExactly("selector is required");
    assertThat(c.events("FailedComputeMetricsReplicas")).containsExactly("selector is required");
    JsonNode active = condition("h", "ScalingActive");
    assertThat(active.path("status").asText()).isEqualTo("False");
    assertThat(active.path("reason").asText()).isEqualTo("InvalidSelector");
    assertThat(active.path("message").asText())
        .isEqualTo("the HPA target's scale is missing a selector");
  }

  @Test
  void saysThatThereIsNoTarget() {
    scaler("h", A_SHEEP);
    assertThat(c.events("FailedGetScale"))
        .containsExactly("no matches for kind \"Sheep\" in group \"example.com\"");
    assertThat(condition("h", "AbleToScale").path("message").asText())
        .isEqualTo(
            "the HPA controller was unable to get the target's current scale: no matches for kind"
                + " \"Sheep\" in group \"example.com\"");
  }

  @Test
  void refusesPodsThatTwoAutoscalersMeasure() {
    deployment();
    c.pass(Duration.ofSeconds(20));
    use("90m", "10s");
    scaler("a", A_DEPLOYMENT);
    int before = replicas();
    scaler("b", A_DEPLOYMENT);
    assertThat(condition("b", "ScalingActive").path("reason").asText())
        .isEqualTo("AmbiguousSelector");
    assertThat(c.events("AmbiguousSelector"))
        .contains("pods by selector app=d are controlled by multiple HPAs: [default/a default/b]");
    assertThat(replicas()).isEqualTo(before);
  }

  @Test
  void leavesOutWhatAPodUsedWhileItStarted() {
    deployment();
    c.pass(Duration.ofSeconds(20));
    use("90m", "60s");
    scaler("h", A_DEPLOYMENT);
    assertThat(replicas()).isEqualTo(2);
    assertThat(c.events("FailedGetResourceMetric"))
        .containsExactly(
            "failed to get cpu utilization: did not receive metrics for any ready pods");
    assertThat(c.events("FailedComputeMetricsReplicas"))
        .containsExactly(
            "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource"
                + " metric value: failed to get cpu utilization: did not receive metrics for any"
                + " ready pods");
    c.pass(Duration.ofSeconds(45));
    use("90m", "60s");
    c.pass(Duration.ofSeconds(15));
    assertThat(replicas()).isEqualTo(4);
  }

  @Test
  void takesAPodThatIsNotReadyForIdleBeforeItGrows() {
    int[] pods = {0};
    c.becomesReady = _ -> pods[0]++ == 0;
    deployment();
    c.pass(Duration.ofSeconds(20));
    use("90m", "10s");
    scaler("h", A_DEPLOYMENT);
    assertThat(replicas()).isEqualTo(2);
    assertThat(condition("h", "ScalingActive").path("status").asText()).isEqualTo("True");
  }

  @Test
  void countsAPodThatTurnedUnreadyLongAfterItsStart() {
    deployment();
    c.pass(Duration.ofMinutes(6));
    for (KubeObject pod : c.pods()) {
      c.api.change(
          Resources.PODS,
          "default",
          pod.name(),
          n ->
              ((ObjectNode) n.at("/status/conditions/0"))
                  .put("status", "False")
                  .put("lastTransitionTime", Timestamps.time(c.context.clock().instant())));
    }
    c.pass(Duration.ofSeconds(1));
    use("90m", "10s");
    scaler("h", A_DEPLOYMENT);
    assertThat(replicas()).isEqualTo(4);
  }
}
