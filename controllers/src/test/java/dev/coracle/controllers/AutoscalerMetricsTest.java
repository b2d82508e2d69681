package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Metrics of the types Pods, Object and External; the target has two pods. */
class AutoscalerMetricsTest {

  private static final String CUSTOM = "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/";
  private static final String EXTERNAL =
      "/apis/external.metrics.k8s.io/v1beta1/namespaces/default/";

  private static final String PODS =
      "'type':'Pods','pods':{'metric':{'name':'hits'},"
          + "'target':{'type':'AverageValue','averageValue':'10'}}";
  private static final String OBJECT =
      "'type':'Object','object':{'metric':{'name':'hits','selector':{'matchLabels':{'a':'b'}}},"
          + "'describedObject':{'apiVersion':'networking.k8s.io/v1','kind':'Ingress','name':'in'},"
          + "'target':{%s}}";
  private static final String QUEUE =
      "'type':'External','external':{'metric':{'name':'queue','selector':{'matchLabels':{'q':'1'}}},"
          + "'target':{%s}}";

  private final Cluster c = new Cluster();

  @BeforeEach
  void target() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.pass(Duration.ofSeconds(1));
  }

  private KubeObject scaled(String metric) {
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        ("{'apiVersion':'autoscaling/v2','kind':'HorizontalPodAutoscaler',"
                + "'metadata':{'namespace':'default','name':'h'},"
                + "'spec':{'minReplicas':1,'maxReplicas':10,"
                + "'behavior':{'scaleUp':{'policies':"
                + "[{'type':'Pods','value':8,'periodSeconds':15}]}},"
                + "'scaleTargetRef':{'apiVersion':'apps/v1','kind':'Deployment','name':'d'},"
                + "'metrics':[{"
                + metric
                + "}]}}")
            .replace('\'', '"'));
    c.pass(Duration.ofSeconds(1));
    return c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h");
  }

  private double computed(String action, String error, String type) {
    return c
        .registry
        .find("horizontal_pod_autoscaler_controller_metric_computation_total")
        .tags("action", action, "error", error, "metric_type", type)
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void eachComputationOfAMetricIsCounted() {
    serve(EXTERNAL + "queue?labelSelector=q%3D1", "70");
    scaled(QUEUE.formatted("'type':'AverageValue','averageValue':'10'"));
    assertThat(computed("scale_up", "none", "External")).isEqualTo(1);
    serve(EXTERNAL + "queue?labelSelector=q%3D1", "no number");
    c.pass(Duration.ofSeconds(15));
    assertThat(computed("none", "internal", "External")).isEqualTo(1);
    assertThat(
            c.registry
                .get("horizontal_pod_autoscaler_controller_metric_computation_duration_seconds")
                .tags("error", "internal")
                .timer()
                .count())
        .isEqualTo(1);
  }

  private int replicas() {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  private void serve(String path, String... values) {
    List<String> items = new ArrayList<>();
    for (String value : values) {
      items.add("{'timestamp':'2026-01-01T00:00:00Z','value':'" + value + "'}");
    }
    serveItems(path, items);
  }

  private void serveItems(String path, List<String> items) {
    c.api.serve(path, ("{'items':[" + String.join(",", items) + "]}").replace('\'', '"'));
  }

  private void podsHit(String path, String value) {
    List<String> items = new ArrayList<>();
    c.pods()
        .forEach(pod ->
            items.add(
                "{'describedObject':{'kind':'Pod','name':'"
                    + pod.name()
                    + "'},'value':'"
                    + value
                    + "'}"));
    serveItems(path, items);
  }

  private static JsonNode shown(KubeObject scaler, String type) {
    return scaler.at("status", "currentMetrics").path(0).path(type);
  }

  private static String why(KubeObject scaler) {
    for (JsonNode condition : scaler.at("status", "conditions")) {
      if (condition.path("type").asText().equals("ScalingActive")) {
        return condition.path("reason").asText() + ": " + condition.path("message").asText();
      }
    }
    return "";
  }

  @ParameterizedTest
  @CsvSource({"v1beta2", "v1beta1"})
  void growsByTheAverageOfThePods(String version) {
    podsHit(CUSTOM.replace("v1beta2", version) + "pods/*/hits?labelSelector=app%3Dd", "24500m");
    KubeObject scaler = scaled(PODS);
    assertThat(replicas()).isEqualTo(5);
    assertThat(shown(scaler, "pods").path("current").path("averageValue").asText())
        .isEqualTo("24500m");
    assertThat(why(scaler))
        .isEqualTo(
            "ValidMetricFound: the HPA was able to successfully calculate a replica count from pods"
                + " metric hits");
    assertThat(c.events("SuccessfulRescale"))
        .containsExactly("New size: 5; reason: pods metric hits above target");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // One figure for all pods: in proportion to the ready ones.
        "'type':'Value','value':'10' | 30 | 6 | value | 30 | Ingress metric hits",
        "'type':'Value','value':'10' | 10500m | 2 | value | 10500m | Ingress metric hits",
        // Shared by the pods, and called external as upstream does.
        "'type':'AverageValue','averageValue':'10' | 45 | 5 | averageValue | 22500m | external"
            + " metric hits(&LabelSelector{MatchLabels:map[string]string{a: b,},"
            + "MatchExpressions:[]LabelSelectorRequirement{},})",
      })
  void growsByAMetricOfAnObject(
      String target, String value, int size, String field, String shown, String name) {
    serve(CUSTOM + "ingresses.networking.k8s.io/in/hits?metricLabelSelector=a%3Db", value);
    KubeObject scaler = scaled(OBJECT.formatted(target));
    assertThat(replicas()).isEqualTo(size);
    assertThat(shown(scaler, "object").path("current").path(field).asText()).isEqualTo(shown);
    assertThat(why(scaler)).endsWith(" calculate a replica count from " + name);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'type':'Value','value':'10' | 20 | 6 | value | 30",
        "'type':'AverageValue','averageValue':'10' | 20 | 3 | averageValue | 15",
      })
  void growsByTheSumOfAnExternalMetric(
      String target, String value, int size, String field, String shown) {
    serve(EXTERNAL + "queue?labelSelector=q%3D1", "10", value);
    KubeObject scaler = scaled(QUEUE.formatted(target));
    assertThat(replicas()).isEqualTo(size);
    assertThat(shown(scaler, "external").path("current").path(field).asText()).isEqualTo(shown);
    assertThat(shown(scaler, "external").path("metric").path("name").asText()).isEqualTo("queue");
  }

  /** Whatever object is named, the namespace is the autoscaler's. */
  @Test
  void aNamespaceHasMetricsOfItsOwn() {
    serve(CUSTOM + "metrics/hits?metricLabelSelector=a%3Db", "30");
    scaled(
        OBJECT
            .formatted("'type':'Value','value':'10'")
            .replace("networking.k8s.io/v1", "v1")
            .replace("Ingress", "Namespace"));
    assertThat(replicas()).isEqualTo(6);
  }

  @Test
  void saysThatThereIsNoSuchApi() {
    String none = "no custom metrics API (custom.metrics.k8s.io) registered";
    KubeObject scaler = scaled(PODS);
    assertThat(why(scaler))
        .isEqualTo(
            "FailedGetPodsMetric: the HPA was unable to compute the replica count: unable to get"
                + " metric hits: unable to fetch metrics from custom metrics API: "
                + none);
    assertThat(c.events("FailedGetPodsMetric"))
        .contains(
            "unable to get metric hits: unable to fetch metrics from custom metrics API: " + none);
    assertThat(c.events("FailedComputeMetricsReplicas"))
        .contains(
            "invalid metrics (1 invalid out of 1), first error is: failed to get pods metric"
                + " value: unable to get metric hits: unable to fetch metrics from custom metrics"
                + " API: "
                + none);
    assertThat(replicas()).isEqualTo(2);
  }

  @Test
  void saysThatAnObjectHasNoSuchMetric() {
    serve(CUSTOM + "ingresses.networking.k8s.io/in/hits?metricLabelSelector=a%3Db");
    assertThat(why(scaled(OBJECT.formatted("'type':'Value','value':'10'"))))
        .isEqualTo(
            "FailedGetObjectMetric: the HPA was unable to compute the replica count: unable to get"
                + " metric hits: Ingress on default in/unable to fetch metrics from custom metrics"
                + " API: the custom metrics API server returned 0 results when we asked for exactly"
                + " one");
  }

  @Test
  void saysThatThereIsNoExternalMetric() {
    String why =
        "unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{"
            + "q: 1,},MatchExpressions:[]LabelSelectorRequirement{},}: unable to fetch metrics from"
            + " external metrics API: the server could not find the requested resource (get"
            + " queue.external.metrics.k8s.io)";
    assertThat(why(scaled(QUEUE.formatted("'type':'Value','value':'10'"))))
        .isEqualTo(
            "FailedGetExternalMetric: the HPA was unable to compute the replica count: " + why);
    assertThat(c.events("FailedComputeMetricsReplicas"))
        .contains(
            "invalid metrics (1 invalid out of 1), first error is: failed to get queue external"
                + " metric value: failed to get external metric queue: "
                + why);
  }

  @Test
  void aValueThatCannotBeReadIsNone() {
    serve(EXTERNAL + "queue?labelSelector=q%3D1", "many");
    assertThat(why(scaled(QUEUE.formatted("'type':'Value','value':'10'"))))
        .endsWith(
            "unable to fetch metrics from external metrics API: quantities must match the regular"
                + " expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
  }
}
