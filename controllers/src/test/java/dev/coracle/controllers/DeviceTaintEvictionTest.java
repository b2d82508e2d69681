package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pods whose devices are tainted with {@code NoExecute} (KEP-5055). */
class DeviceTaintEvictionTest {

  private final Cluster c = new Cluster();

  @BeforeEach
  void settle() {
    slice("");
  }

  private String now() {
    return Timestamps.time(c.context.clock().instant());
  }

  private void slice(String taints) {
    c.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},
             "spec":{"driver":"gpu.example.com","nodeName":"n1",
              "pool":{"name":"n1","generation":1,"resourceSliceCount":1},
              "devices":[{"name":"d0","taints":[%s]},{"name":"d1"}]}}\
            """
                .formatted(taints)));
    c.context.runUntilIdle();
  }

  private String taint(String effect) {
    return "{\"key\":\"sick\",\"value\":\"very\",\"effect\":\"%s\",\"timeAdded\":\"%s\"}"
        .formatted(effect, now());
  }

  private void rule(String effect, long generation) {
    c.api.put(
        Resources.DEVICE_TAINT_RULES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1beta2","kind":"DeviceTaintRule",
             "metadata":{"name":"r","uid":"r-uid","generation":%d},
             "spec":{"deviceSelector":{"device":"d0"},"taint":%s}}\
            """
                .formatted(generation, taint(effect))));
    c.context.runUntilIdle();
  }

  /** A pod with a claim of its own that has the device. */
  private void pod(String name, String device, String tolerations) {
    KubeObject pod =
        c.create(
            Resources.PODS,
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s"},
             "spec":{"resourceClaims":[{"name":"gpu","resourceClaimName":"%s"}],
              "containers":[{"name":"c"}]}}\
            """
                .formatted(name, name));
    c.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"namespace":"default","name":"%s"},
             "spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"gpu"}}]}},
             "status":{"allocation":{"devices":{"results":[{"request":"r",
               "driver":"gpu.example.com","pool":"n1","device":"%s","tolerations":[%s]}]}},
              "reservedFor":[{"resource":"pods","name":"%s","uid":"%s"}]}}\
            """
                .formatted(name, device, tolerations, name, pod.uid())));
    c.pass(Duration.ofSeconds(1));
  }

  private boolean isThere(String pod) {
    return c.peek(Resources.PODS, pod) != null;
  }

  private JsonNode condition() {
    KubeObject rule = c.api.peek(Resources.DEVICE_TAINT_RULES, "", "r");
    assertThat(rule).isNotNull();
    assertThat(rule.at("status", "conditions")).hasSize(1);
    JsonNode condition = rule.at("status", "conditions").path(0);
    assertThat(condition.path("type").asText()).isEqualTo("EvictionInProgress");
    return condition;
  }

  private static String words(JsonNode condition) {
    return condition.path("status").asText()
        + " "
        + condition.path("reason").asText()
        + ": "
        + condition.path("message").asText();
  }

  @Test
  void aPodOfATaintedDeviceIsDeletedAndItsConditionSaysWhy() {
    pod("sick", "d0", "");
    pod("well", "d1", "");
    c.stopTime = Duration.ofSeconds(5);
    slice(taint("NoExecute"));
    KubeObject pod = c.get(Resources.PODS, "sick");
    assertThat(pod.isDeleting()).isTrue();
    assertThat(
            c.registry
                .get("device_taint_eviction_controller_pod_deletions_total")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(pod.at("status", "conditions"))
        .anySatisfy(condition -> {
          assertThat(condition.path("type").asText()).isEqualTo("DisruptionTarget");
          assertThat(condition.path("status").asText()).isEqualTo("True");
          assertThat(condition.path("reason").asText()).isEqualTo("DeletionByDeviceTaintManager");
          assertThat(condition.path("message").asText())
              .isEqualTo("Device Taint manager: deleting due to NoExecute taint");
        });
    c.pass(Duration.ofSeconds(10));
    assertThat(isThere("sick")).isFalse();
    assertThat(isThere("well")).isTrue();
    assertThat(c.events("DeviceTaintManagerEviction")).containsExactly("Marking for deletion");
    assertThat(c.get(Resources.RESOURCE_CLAIMS, "sick").at("status").has("allocation"))
        .as("the claim is given back")
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NoExecute  |                                                           | 0",
        "NoSchedule |                                                           | -1",
        "None       |                                                           | -1",
        "NoExecute  | {'operator':'Exists'}                                     | -1",
        "NoExecute  | {'key':'sick','operator':'Exists','effect':'NoExecute'}   | -1",
        "NoExecute  | {'key':'sick','operator':'Exists','effect':'NoSchedule'}  | 0",
        "NoExecute  | {'key':'sick','value':'little','effect':'NoExecute'}      | 0",
        "NoExecute  | {'key':'sick','value':'very','effect':'NoExecute','tolerationSeconds':60} | 60",
        "NoExecute  | {'operator':'Exists','effect':'NoExecute','tolerationSeconds':-5} | 0",
        "NoExecute  | {'operator':'Exists','effect':'NoExecute','tolerationSeconds':60},"
            + "{'operator':'Exists','effect':'NoExecute','tolerationSeconds':30} | 30",
      })
  void aPodStaysForAsLongAsItsClaimToleratesTheTaint(
      String effect, String tolerations, long seconds) {
    pod("p", "d0", tolerations == null ? "" : tolerations.replace('\'', '"'));
    slice(taint(effect));
    if (seconds != 0) {
      c.pass(Duration.ofSeconds(seconds < 0 ? 3600 : seconds - 2));
      assertThat(isThere("p")).isTrue();
    }
    c.pass(Duration.ofSeconds(4));
    assertThat(isThere("p")).isEqualTo(seconds < 0);
  }

  @Test
  void aTaintThatGoesInTimeEvictsNobody() {
    pod("p", "d0", "{\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":60}");
    slice(taint("NoExecute"));
    c.pass(Duration.ofSeconds(30));
    slice("");
    c.pass(Duration.ofHours(1));
    assertThat(isThere("p")).isTrue();
    assertThat(c.events("DeviceTaintManagerEviction")).containsExactly("Cancelling deletion");
  }

  @Test
  void aSliceOfAnOlderGenerationSaysNothing() {
    pod("p", "d0", "");
    c.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"old"},
             "spec":{"driver":"gpu.example.com","nodeName":"n1",
              "pool":{"name":"n1","generation":0,"resourceSliceCount":1},
              "devices":[{"name":"d0","taints":[%s]}]}}\
            """
                .formatted(taint("NoExecute"))));
    c.pass(Duration.ofSeconds(30));
    assertThat(isThere("p")).isTrue();
  }

  @Test
  void aRuleEvictsToo() {
    pod("sick", "d0", "");
    pod("well", "d1", "");
    rule("NoExecute", 1);
    c.pass(Duration.ofSeconds(30));
    assertThat(isThere("sick")).isFalse();
    assertThat(isThere("well")).isTrue();
    assertThat(words(condition()))
        .isEqualTo("False Completed: 1 pod evicted since starting the controller.");
  }

  @Test
  void aRuleSaysHowManyPodsAreToGo() {
    String patience = "{\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":60}";
    rule("NoExecute", 1);
    assertThat(words(condition())).isEqualTo("False NotStarted: ");
    c.pass(Duration.ofSeconds(20));
    pod("one", "d0", patience);
    assertThat(words(condition()))
        .isEqualTo("True PodsPendingEviction: 1 pod needs to be evicted in 1 namespace.");
    c.pass(Duration.ofSeconds(20));
    pod("two", "d0", patience);
    assertThat(words(condition()))
        .isEqualTo("True PodsPendingEviction: 2 pods need to be evicted in 1 namespace.");
    c.pass(Duration.ofMinutes(2));
    assertThat(words(condition()))
        .isEqualTo("False Completed: 2 pods evicted since starting the controller.");
  }

  @Test
  void aRuleWithoutEffectSaysWhatItWouldDo() {
    pod("p", "d0", "");
    rule("None", 1);
    assertThat(words(condition()))
        .isEqualTo(
            "False NoEffect: 1 published device selected. 1 allocated device selected. 1 pod would"
                + " be evicted in 1 namespace if the effect was NoExecute. This information will"
                + " not be updated again. Recreate the DeviceTaintRule to trigger an update.");
    assertThat(isThere("p")).isTrue();
    rule("NoSchedule", 2);
    assertThat(words(condition()))
        .isEqualTo("False OtherEffect: Eviction only happens for the NoExecute effect.");
    assertThat(condition().path("observedGeneration").asLong()).isEqualTo(2);
    rule("NoExecute", 3);
    c.pass(Duration.ofSeconds(5));
    assertThat(isThere("p")).isFalse();
  }
}
