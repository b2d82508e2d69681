package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Deployments scaled by the processor time that their pods use: a whole round over a real node. */
@Conformance
class AutoscalingIT {

  /** Metrics of a young pod, the rounds of the controller, and pods that start. */
  private static final Duration LONG = Duration.ofMinutes(4);

  private static final String SCALER = "horizontalpodautoscalers.autoscaling";

  private static void works(ObjectNode deployment, String script) {
    ObjectNode container = Workload.container(deployment);
    container.putArray("command").add("sh").add("-c").add(script);
    container.set(
        "resources", Manifest.parse("{requests: {cpu: 50m}, limits: {cpu: 150m, memory: 64Mi}}"));
  }

  private static boolean has(Space space, int replicas) {
    JsonNode deployment = space.get("deployments.apps", "busy");
    return deployment.at("/spec/replicas").asInt() == replicas
        && deployment.at("/status/readyReplicas").asInt() == replicas
        && deployment.at("/status/replicas").asInt() == replicas;
  }

  @Test
  void moreForTheBusyAndFewerForTheIdle(Space space) {
    ObjectNode deployment = Workload.deployment("busy", 1);
    works(deployment, "while :; do :; done");
    space.create(deployment);
    space.create(
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: busy}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: busy}
          minReplicas: 1
          maxReplicas: 3
          metrics:
          - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}
          behavior:
            scaleDown: {stabilizationWindowSeconds: 0, policies: [{type: Pods, value: 10, periodSeconds: 15}]}
        """);
    Awaitility.await("three replicas").atMost(LONG).until(() -> has(space, 3));
    JsonNode scaler = space.get(SCALER, "busy");
    assertThat(text(Space.condition(scaler, "ScalingActive"), "/reason"))
        .isEqualTo("ValidMetricFound");
    assertThat(scaler.at("/status/currentMetrics/0/resource/current/averageUtilization").asInt())
        .isGreaterThan(50);
    assertThat(scaler.at("/status/desiredReplicas").asInt()).isEqualTo(3);
    space.edit("deployments.apps", "busy", d -> works(d, "exec sleep 3600"));
    Awaitility.await("one replica").atMost(LONG).until(() -> has(space, 1));
    space.awaitList(
        "events",
        "",
        "told of both",
        events ->
            events.stream()
                    .filter(e -> text(e, "/reason").equals("SuccessfulRescale"))
                    .filter(e -> text(e, "/involvedObject/name").equals("busy"))
                    .count()
                >= 2);
  }
}
