package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** HorizontalPodAutoscalers as autoscaling/v1 and autoscaling/v2 show them. */
@ExtendWith(OwnServer.class)
class AutoscalerVersionsTest {

  private static final String V1 =
      "/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers";
  private static final String V2 =
      "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers";
  private static final String OF = "autoscaling.alpha.kubernetes.io/";
  private static final String TARGET =
      "scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: d}, maxReplicas: 3";
  private static final String METRICS =
      """
      [{type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 1Gi}}},
       {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}},
       {type: ContainerResource, containerResource: {name: cpu, container: c,
        target: {type: Utilization, averageUtilization: 60}}},
       {type: Pods, pods: {metric: {name: rps, selector: {matchLabels: {a: b}}},
        target: {type: AverageValue, averageValue: 5}}},
       {type: Object, object: {describedObject: {kind: Ingress, name: i, apiVersion: a/v1},
        metric: {name: hits}, target: {type: Value, value: 2k}}},
       {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: 30}}}]
      """;
  private static final String BEHAVIOR =
      "{scaleDown: {stabilizationWindowSeconds: 60, selectPolicy: Max, policies: [{type: Pods,"
          + " value: 4, periodSeconds: 15}]}}";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static void make(String path, String name, String annotations, String spec) {
    api.post(
            path,
            "{metadata: {name: "
                + name
                + ", annotations: {"
                + annotations
                + "}}, spec: {"
                + TARGET
                + spec
                + "}}")
        .ok();
  }

  private static JsonNode annotation(JsonNode object, String name) {
    return object.path("metadata").path("annotations").path(OF + name);
  }

  @Test
  void whatV1DoesNotKnowRidesInAnnotationsInUpstreamsForm() {
    make(V2, "all", "", ", metrics: " + METRICS + ", behavior: " + BEHAVIOR);
    JsonNode old = api.get(V1 + "/all").ok().body();
    assertThat(old.at("/spec/targetCPUUtilizationPercentage").asInt()).isEqualTo(50);
    assertThat(annotation(old, "metrics").asText())
        .isEqualTo(
            "[{'type':'Resource','resource':{'name':'memory','targetAverageValue':'1Gi'}},"
                    .replace('\'', '"')
                + "{'type':'ContainerResource','containerResource':{'name':'cpu','targetAverageUtilization':60,'container':'c'}},"
                    .replace('\'', '"')
                + "{'type':'Pods','pods':{'metricName':'rps','targetAverageValue':'5','selector':{'matchLabels':{'a':'b'}}}},"
                    .replace('\'', '"')
                + "{'type':'Object','object':{'target':{'kind':'Ingress','name':'i','apiVersion':'a/v1'},'metricName':'hits','targetValue':'2k'}},"
                    .replace('\'', '"')
                + "{'type':'External','external':{'metricName':'q','targetAverageValue':'30'}}]"
                    .replace('\'', '"'));
    JsonNode behavior = Json.parse(annotation(old, "behavior").asText());
    assertThat(behavior.at("/ScaleDown/StabilizationWindowSeconds").asInt()).isEqualTo(60);
    assertThat(behavior.at("/ScaleDown/Policies/0").toString())
        .isEqualTo("{'Type':'Pods','Value':4,'PeriodSeconds':15}".replace('\'', '"'));
  }

  @Test
  void anUpdateInV1LosesNothing() {
    make(V2, "kept", "mine: x", ", metrics: " + METRICS + ", behavior: " + BEHAVIOR);
    api.call(
            "PATCH",
            V2 + "/kept/status",
            "application/merge-patch+json",
            "{\"status\":{\"currentMetrics\":[{\"type\":\"Resource\",\"resource\":{\"name\":\"cpu\","
                + "\"current\":{\"averageUtilization\":7,\"averageValue\":\"3m\"}}}],\"conditions\":[{"
                + "\"type\":\"AbleToScale\",\"status\":\"True\",\"message\":\"a < b\"}]}}")
        .ok();
    JsonNode before = api.get(V2 + "/kept").ok().body();
    ObjectNode old = (ObjectNode) api.get(V1 + "/kept").ok().body();
    assertThat(old.at("/status/currentCPUUtilizationPercentage").asInt()).isEqualTo(7);
    assertThat(annotation(old, "current-metrics").asText())
        .isEqualTo(
            ("[{'type':'Resource','resource':{'name':'cpu','currentAverageUtilization':7,"
                    + "'currentAverageValue':'3m'}}]")
                .replace('\'', '"'));
    assertThat(annotation(old, "conditions").asText()).contains("a \\u003c b");
    old.withObjectProperty("spec").put("maxReplicas", 4);
    api.call("PUT", V1 + "/kept", "application/json", old.toString()).ok();
    JsonNode after = api.get(V2 + "/kept").ok().body();
    assertThat(after.at("/spec/maxReplicas").asInt()).isEqualTo(4);
    assertThat(after.at("/spec/behavior")).isEqualTo(before.at("/spec/behavior"));
    // The one that v1 knows comes last.
    assertThat(after.at("/spec/metrics")).hasSize(6).containsAll(before.at("/spec/metrics"));
    assertThat(after.at("/spec/metrics/5/resource/name").asText()).isEqualTo("cpu");
    assertThat(after.path("status")).isEqualTo(before.path("status"));
    assertThat(after.at("/metadata/annotations").toString()).isEqualTo("{\"mine\":\"x\"}");
  }

  @Test
  void whatRidesInV1MeansNothingInV2() {
    make(V2, "plain", "mine: x, " + OF + "behavior: '{}', " + OF + "metrics: '[]'", "");
    JsonNode made = api.get(V2 + "/plain").ok().body();
    assertThat(made.at("/metadata/annotations").toString()).isEqualTo("{\"mine\":\"x\"}");
    JsonNode patched =
        api.merge(
                V2 + "/plain", "{\"metadata\":{\"annotations\":{\"" + OF + "conditions\":\"[]\"}}}")
            .ok()
            .body();
    assertThat(patched.at("/metadata/annotations").toString()).isEqualTo("{\"mine\":\"x\"}");
  }

  @Test
  void anAnnotationThatCanNotBeReadIsLeftOut() {
    for (String metrics :
        new String[] {"'{'", "'[{\"type\":\"Pods\",\"pods\":{\"targetAverageValue\":[]}}]'"}) {
      String name = "bad" + metrics.length();
      make(V1, name, OF + "metrics: " + metrics, "");
      JsonNode made = api.get(V2 + "/" + name).ok().body();
      assertThat(made.at("/metadata/annotations").isMissingNode()).isTrue();
      assertThat(made.at("/spec/metrics").toString())
          .isEqualTo(
              ("[{'type':'Resource','resource':{'name':'cpu','target':{'type':'Utilization',"
                      + "'averageUtilization':80}}}]")
                  .replace('\'', '"'));
    }
  }
}
