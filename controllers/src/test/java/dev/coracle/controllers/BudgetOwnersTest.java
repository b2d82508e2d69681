package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a PodDisruptionBudget learns how many pods there should be. */
class BudgetOwnersTest {

  /** Some owners are only named, so their pods would be garbage. */
  private final Cluster c =
      new Cluster(
          o -> o.without(List.of("garbage-collector-controller", "node-lifecycle-controller")));

  private void budget(String spec) {
    c.create(
        Resources.POD_DISRUPTION_BUDGETS,
        """
        {"apiVersion":"policy/v1","kind":"PodDisruptionBudget",
         "metadata":{"namespace":"default","name":"b"},
         "spec":{%s,"selector":{"matchLabels":{"app":"s"}}}}\
        """
            .formatted(spec));
    c.pass(Duration.ofSeconds(1));
  }

  private void pods(int count, String owners) {
    for (int i = 0; i < count; i++) {
      c.create(
          Resources.PODS,
          """
          {"apiVersion":"v1","kind":"Pod",
           "metadata":{"namespace":"default","name":"p%d","labels":{"app":"s"}%s},
           "spec":{"containers":[{"name":"c","image":"i"}]}}\
          """
              .formatted(i, owners));
    }
    c.pass(Duration.ofSeconds(1));
  }

  private static String ownedBy(String uid) {
    return """
    ,"ownerReferences":[{"apiVersion":"example.com/v1","kind":"Sheep","name":"s","uid":"%s",
     "controller":true}]\
    """
        .formatted(uid);
  }

  private JsonNode status() {
    return c.get(Resources.POD_DISRUPTION_BUDGETS, "b").at("status");
  }

  private JsonNode condition() {
    return status().path("conditions").path(0);
  }

  @Test
  void asksACustomResourceForItsScale() {
    Sheep.define(c, true);
    KubeObject sheep = Sheep.put(c, 3, "{}");
    pods(3, ownedBy(sheep.uid()));
    budget("\"maxUnavailable\":1");
    assertThat(condition().path("reason").asText()).isEqualTo("SufficientPods");
    assertThat(status().path("expectedPods").asInt()).isEqualTo(3);
    assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
    assertThat(c.api.calls("get", Sheep.RESOURCE)).isNotEmpty();
  }

  @Test
  void asksAnewWhenPodsGoWithTheSize() {
    Sheep.define(c, true);
    KubeObject sheep = Sheep.put(c, 3, "{}");
    pods(3, ownedBy(sheep.uid()));
    budget("\"minAvailable\":\"50%\"");
    assertThat(status().path("desiredHealthy").asInt()).isEqualTo(2);
    Sheep.put(c, 2, "{}");
    c.delete(Resources.PODS, "p0", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    assertThat(status().path("expectedPods").asInt()).isEqualTo(2);
    assertThat(status().path("desiredHealthy").asInt()).isEqualTo(1);
    assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
  }

  @Test
  void countsOnceTheDefinitionHasAScale() {
    Sheep.define(c, false);
    KubeObject sheep = Sheep.put(c, 2, "{}");
    pods(2, ownedBy(sheep.uid()));
    budget("\"maxUnavailable\":1");
    assertThat(condition().path("reason").asText()).isEqualTo("SyncFailed");
    assertThat(condition().path("message").asText())
        .isEqualTo("sheep.example.com does not implement the scale subresource");
    assertThat(c.events("CalculateExpectedPodCountFailed"))
        .contains(
            "Failed to calculate the number of expected pods: sheep.example.com does not implement"
                + " the scale subresource");
    assertThat(status().path("disruptionsAllowed").asInt()).isZero();
    Sheep.define(c, true);
    c.pass(Duration.ofSeconds(1));
    assertThat(condition().path("reason").asText()).isEqualTo("SufficientPods");
    assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
  }

  @Test
  void namesAKindThatNobodyServes() {
    pods(1, ownedBy("u").replace("Sheep", "Goat"));
    budget("\"maxUnavailable\":1");
    assertThat(c.events("CalculateExpectedPodCountFailed"))
        .contains(
            "Failed to calculate the number of expected pods: no matches for kind \"Goat\" in"
                + " version \"example.com/v1\"");
  }

  @Test
  void takesNoOtherObjectOfTheNameForTheOwner() {
    Sheep.define(c, true);
    Sheep.put(c, 5, "{}");
    pods(1, ownedBy("of-one-before"));
    budget("\"maxUnavailable\":1");
    assertThat(c.events("CalculateExpectedPodCountFailed"))
        .contains(
            "Failed to calculate the number of expected pods: found no controllers for pod"
                + " \"p0\"");
  }

  @Test
  void triesAgainWhereTheScaleCouldNotBeRead() {
    Sheep.define(c, true);
    KubeObject sheep = Sheep.put(c, 2, "{}");
    pods(2, ownedBy(sheep.uid()));
    boolean[] broken = {true};
    c.api.failWhen(call ->
        broken[0] && call.subresource().equals("scale")
            ? Optional.of(StatusException.of(StatusReason.SERVICE_UNAVAILABLE, "not now"))
            : Optional.empty());
    budget("\"maxUnavailable\":1");
    assertThat(condition().path("message").asText()).isEqualTo("not now");
    assertThat(status().path("disruptionsAllowed").asInt()).isZero();
    broken[0] = false;
    c.pass(Duration.ofMinutes(1));
    assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
  }

  @Test
  void saysThatPodsHaveNoOwnerToCount() {
    pods(1, "");
    budget("\"maxUnavailable\":1");
    assertThat(c.events("UnmanagedPods"))
        .containsExactly(
            "Pods selected by this PodDisruptionBudget (selector:"
                + " &LabelSelector{MatchLabels:map[string]string{app:"
                + " s,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged."
                + " As a result, the status of the PDB cannot be calculated correctly, which may"
                + " result in undefined behavior. To account for these pods please set"
                + " \".spec.minAvailable\" field of the PDB to an integer value.");
    assertThat(status().path("disruptionsAllowed").asInt()).isZero();
  }

  @Test
  void needsNoOwnerForANumberOfPodsThatAreToStay() {
    pods(2, "");
    budget("\"minAvailable\":1");
    assertThat(c.events("UnmanagedPods")).isEmpty();
    assertThat(status().path("disruptionsAllowed").asInt()).isEqualTo(1);
  }
}
