package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What becomes of a pod's word that it is to be disrupted, where it stays. */
class StaleDisruptionTest {

  private final Cluster c = new Cluster();

  private void target(String pod, String reason) {
    c.create(
        Resources.PODS,
        """
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s"},
         "spec":{"containers":[{"name":"c"}]},"status":{"phase":"Pending"}}\
        """
            .formatted(pod));
    c.pass(Duration.ofSeconds(1));
    c.api.change(
        Resources.PODS,
        "default",
        pod,
        n ->
            n.withObjectProperty("status")
                .withArrayProperty("conditions")
                .addObject()
                .put("type", "DisruptionTarget")
                .put("status", "True")
                .put("reason", reason)
                .put("message", "why")
                .put("lastTransitionTime", Timestamps.time(c.context.clock().instant())));
    c.context.runUntilIdle();
  }

  private JsonNode condition(String pod) {
    for (JsonNode condition : c.get(Resources.PODS, pod).at("status", "conditions")) {
      if (condition.path("type").asText().equals("DisruptionTarget")) {
        return condition;
      }
    }
    throw new AssertionError("no such condition");
  }

  @Test
  void itIsTakenBackAfterTwoMinutes() {
    target("p", "PreemptionByScheduler");
    c.pass(Duration.ofSeconds(115));
    assertThat(condition("p").path("status").asText()).isEqualTo("True");
    c.pass(Duration.ofSeconds(10));
    assertThat(condition("p").path("status").asText()).isEqualTo("False");
    assertThat(condition("p").path("reason").asText("")).isEmpty();
    assertThat(condition("p").path("message").asText("")).isEmpty();
  }

  @Test
  void whatAKubeletSaysStays() {
    target("p", "TerminationByKubelet");
    c.pass(Duration.ofMinutes(5));
    assertThat(condition("p").path("status").asText()).isEqualTo("True");
  }

  @Test
  void whatHasEndedStaysToldOf() {
    target("p", "EvictionByEvictionAPI");
    c.api.change(
        Resources.PODS, "default", "p", n -> n.withObjectProperty("status").put("phase", "Failed"));
    c.pass(Duration.ofMinutes(5));
    assertThat(condition("p").path("status").asText()).isEqualTo("True");
  }
}
