package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class AutoscalerTest {

  private static final GroupVersionResource METRICS =
      new GroupVersionResource("metrics.k8s.io", "v1beta1", "pods");

  private final Cluster c = new Cluster();

  private void use(String cpu) {
    c.api.all(METRICS).forEach(m -> c.api.remove(METRICS, m.namespace(), m.name()));
    for (KubeObject pod : c.pods()) {
      c.api.put(
          METRICS,
          KubeObject.parse(
              """
              {"apiVersion":"metrics.k8s.io/v1beta1","kind":"PodMetrics",
               "metadata":{"namespace":"default","name":"%s","labels":{"app":"d"}},
               "containers":[{"name":"c","usage":{"cpu":"%s","memory":"1Mi"}}]}\
              """
                  .formatted(pod.name(), cpu)));
    }
  }

  private int replicas() {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  @Test
  void growsWithTheUseAndShrinksAfterFiveQuietMinutes() {
    ObjectNode deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    ((ObjectNode) deployment.at("/spec/template/spec/containers/0"))
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m");
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(1));
    use("90m");
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":5,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":30}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(replicas()).isEqualTo(5);
    KubeObject scaler = c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h");
    assertThat(scaler.at("status", "desiredReplicas").asInt()).isEqualTo(5);
    assertThat(c.events("SuccessfulRescale"))
        .containsExactly(
            "New size: 5; reason: cpu resource utilization (percentage of request) above target");
    c.pass(Duration.ofSeconds(20));
    use("10m");
    c.pass(Duration.ofMinutes(4));
    assertThat(replicas()).isEqualTo(5);
    c.pass(Duration.ofMinutes(3));
    assertThat(replicas()).isEqualTo(2);
  }

  @Test
  void saysWhenThereAreNoFigures() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":5,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":30}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(
            c.get(Resources.HORIZONTAL_POD_AUTOSCALERS, "h")
                .at("status", "conditions")
                .findValuesAsText("reason"))
        .contains("FailedGetResourceMetric");
    assertThat(replicas()).isEqualTo(2);
  }
}
