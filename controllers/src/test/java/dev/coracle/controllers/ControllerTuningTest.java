package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.controllers.config.AutoscalingOptions;
import dev.coracle.controllers.config.ControllerTuning;
import dev.coracle.controllers.config.NodeLifecycleOptions;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a user chooses of the controllers does what it says. */
class ControllerTuningTest {

  private static final NodeLifecycleOptions NODES = NodeLifecycleOptions.DEFAULT;

  private static Cluster cluster(UnaryOperator<ControllerTuning> change) {
    return new Cluster(
        options -> options.without(List.of("node-lifecycle-controller")).tuned(change));
  }

  private static Cluster nodes(NodeLifecycleOptions nodes) {
    return new Cluster(options -> options.tuned(t -> t.withNodes(nodes)));
  }

  private static void node(Cluster c, String name, String conditions) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"spec":{},
             "status":{"conditions":[%s]}}\
            """
                .formatted(name, conditions)));
    c.pass(Duration.ofMillis(100));
  }

  private static void node(Cluster c, String name, boolean ready) {
    node(c, name, "{\"type\":\"Ready\",\"status\":\"" + (ready ? "True" : "False") + "\"}");
  }

  private static boolean isEvicted(Cluster c, String name) {
    return c.api
        .peek(Resources.NODES, "", name)
        .at("spec", "taints")
        .findValuesAsText("effect")
        .contains("NoExecute");
  }

  private static String ready(Cluster c, String name) {
    for (JsonNode condition : c.api.peek(Resources.NODES, "", name).at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("reason").asText();
      }
    }
    return "";
  }

  @Test
  void theListSaysTheControllersOwnNames() {
    assertThat(new Cluster(options -> options).manager.controllers())
        .isEqualTo(ControllerManager.known())
        .doesNotHaveDuplicates();
  }

  @Test
  void theFirstThatSpeaksOfAControllerDecides() {
    ControllerTuning all = ControllerTuning.DEFAULT;
    assertThat(all.runs("job-controller")).isTrue();
    assertThat(all.withControllers(List.of("*", "-job-controller")).runs("job-controller"))
        .isFalse();
    assertThat(all.withControllers(List.of("-a", "*")).runs("b")).isTrue();
    assertThat(all.withControllers(List.of("a", "-a")).runs("a")).isTrue();
    assertThat(all.withControllers(List.of("a")).runs("b")).isFalse();
  }

  @Test
  void aControllerThatIsNotChosenDoesNothingAndWatchesNothing() {
    Cluster c = cluster(t -> t.withControllers(List.of("deployment-controller")));
    assertThat(c.manager.controllers()).containsExactly("deployment-controller");
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.all(Resources.REPLICA_SETS)).hasSize(1);
    assertThat(c.pods()).isEmpty();
    assertThat(c.registry.find("running_managed_controllers").gauges()).hasSize(1);
  }

  @Test
  void aNodeThatNeverToldItsStatusHasAGraceOfItsOwn() {
    Cluster c = new Cluster(options -> options);
    node(c, "told", true);
    node(c, "silent", "");
    c.pass(Duration.ofSeconds(55));
    assertThat(ready(c, "told")).isEqualTo("NodeStatusUnknown");
    assertThat(ready(c, "silent")).isEmpty();
    c.pass(Duration.ofSeconds(10));
    assertThat(ready(c, "silent")).isEqualTo("NodeStatusNeverUpdated");
  }

  @Test
  void gracePeriodsAreChosen() {
    Cluster c =
        nodes(
            new NodeLifecycleOptions(
                Duration.ofSeconds(5), Duration.ofSeconds(2), 0.1, 0.01, 0.55, 50));
    node(c, "told", true);
    node(c, "silent", "");
    c.pass(Duration.ofSeconds(3));
    assertThat(ready(c, "told")).isEmpty();
    assertThat(ready(c, "silent")).isEqualTo("NodeStatusNeverUpdated");
    c.pass(Duration.ofSeconds(3));
    assertThat(ready(c, "told")).isEqualTo("NodeStatusUnknown");
  }

  private static NodeLifecycleOptions rates(
      double first, double second, double unhealthy, int large) {
    return new NodeLifecycleOptions(
        NODES.monitorGracePeriod(), NODES.startupGracePeriod(), first, second, unhealthy, large);
  }

  private static long evicted(Cluster c) {
    return IntStream.rangeClosed(2, 5).filter(i -> isEvicted(c, "n" + i)).count();
  }

  /** Five nodes, of which three are lost at once. */
  private static Cluster lost(NodeLifecycleOptions options) {
    Cluster c = nodes(options);
    IntStream.rangeClosed(2, 5).forEach(i -> node(c, "n" + i, true));
    IntStream.rangeClosed(2, 4).forEach(i -> node(c, "n" + i, false));
    return c;
  }

  @Test
  void nodesAreGivenUpAtTheRateThatIsChosen() {
    Cluster c = lost(rates(0.5, 0.01, 0.9, 50));
    assertThat(evicted(c)).isEqualTo(1);
    c.pass(Duration.ofSeconds(2));
    assertThat(evicted(c)).isEqualTo(2);
    c.pass(Duration.ofSeconds(2));
    assertThat(evicted(c)).isEqualTo(3);
    Cluster none = lost(rates(0, 0.01, 0.9, 50));
    none.pass(Duration.ofSeconds(30));
    assertThat(evicted(none)).isZero();
  }

  @Test
  void aLargeZoneGoesOnAtTheSecondRate() {
    Cluster c = lost(rates(10, 0.1, 0.6, 4));
    c.pass(Duration.ofSeconds(1));
    assertThat(evicted(c)).isEqualTo(2);
    c.pass(Duration.ofSeconds(9));
    assertThat(evicted(c)).isEqualTo(3);
    Cluster small = lost(rates(10, 0.1, 0.6, 5));
    small.pass(Duration.ofSeconds(30));
    assertThat(evicted(small)).isEqualTo(2);
  }

  @Test
  void noMoreFinishedPodsAreKeptThanChosen() {
    Cluster c = cluster(t -> t.withTerminatedPodThreshold(2));
    for (int i = 0; i < 6; i++) {
      c.create(
          Resources.PODS,
          """
          {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p%d"},
           "spec":{"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Pending"}}\
          """
              .formatted(i));
      c.pass(Duration.ofSeconds(1));
    }
    for (int i = 0; i < 6; i++) {
      c.api.change(
          Resources.PODS,
          "default",
          "p" + i,
          pod -> pod.withObjectProperty("status").put("phase", "Succeeded"));
    }
    c.pass(Duration.ofSeconds(1));
    assertThat(c.pods()).extracting(KubeObject::name).containsExactlyInAnyOrder("p4", "p5");
  }

  @Test
  void slicesHaveNoMoreEndpointsThanChosen() {
    Cluster c = cluster(t -> t.withMaxEndpoints(3, 2));
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 7, "i"));
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"s"},
         "spec":{"selector":{"app":"d"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],
          "ports":[{"port":80,"targetPort":80,"protocol":"TCP"}]}}\
        """);
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.all(Resources.ENDPOINT_SLICES))
        .allSatisfy(s -> assertThat(s.at("endpoints").size()).isBetween(1, 3))
        .extracting(s -> s.at("endpoints").size())
        .satisfies(sizes -> assertThat(sizes.stream().mapToInt(i -> i).sum()).isEqualTo(7));
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"hand"},
         "spec":{"clusterIP":"10.96.0.8","ports":[{"port":80,"protocol":"TCP"}]}}\
        """);
    c.create(
        Resources.ENDPOINTS,
        """
        {"apiVersion":"v1","kind":"Endpoints","metadata":{"namespace":"default","name":"hand"},
         "subsets":[{"addresses":[{"ip":"10.1.1.1"},{"ip":"10.1.1.2"},{"ip":"10.1.1.3"}],
          "ports":[{"port":80,"protocol":"TCP"}]}]}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.get(Resources.ENDPOINT_SLICES, "hand-mirror-ipv4-0").at("endpoints")).hasSize(2);
    assertThat(c.events("TooManyAddressesToMirror"))
        .containsExactly(
            "A max of 2 addresses can be mirrored to EndpointSlices per Endpoints subset. 1"
                + " addresses were skipped");
  }

  private static final AutoscalingOptions SCALING = AutoscalingOptions.DEFAULT;

  /** A Deployment of two pods with an autoscaler, with half of the wanted use or so. */
  private static Cluster scaled(AutoscalingOptions options, String cpu) {
    Cluster c = cluster(t -> t.withAutoscaling(options));
    var deployment = Cluster.object(Cluster.deployment("d", 2, "i"));
    ((ObjectNode) deployment.at("/spec/template/spec/containers/0"))
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m");
    c.create(Resources.DEPLOYMENTS, deployment.toString());
    c.pass(Duration.ofSeconds(30));
    c.pods().forEach(pod -> c.use(pod, cpu, "10s"));
    c.create(
        Resources.HORIZONTAL_POD_AUTOSCALERS,
        """
        {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
         "metadata":{"namespace":"default","name":"h"},
         "spec":{"minReplicas":1,"maxReplicas":10,
          "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"d"},
          "metrics":[{"type":"Resource","resource":{"name":"cpu",
           "target":{"type":"Utilization","averageUtilization":50}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
    return c;
  }

  private static int replicas(Cluster c) {
    return c.get(Resources.DEPLOYMENTS, "d").at("spec", "replicas").asInt();
  }

  @Test
  void autoscalersMeasureAsOftenAsChosen() {
    Cluster c =
        scaled(
            new AutoscalingOptions(
                Duration.ofSeconds(60),
                SCALING.downscaleStabilization(),
                SCALING.tolerance(),
                SCALING.cpuInitializationPeriod(),
                SCALING.initialReadinessDelay()),
            "50m");
    c.pods().forEach(pod -> c.use(pod, "100m", "10s"));
    c.pass(Duration.ofSeconds(50));
    assertThat(replicas(c)).isEqualTo(2);
    c.pass(Duration.ofSeconds(10));
    assertThat(replicas(c)).isEqualTo(4);
  }

  @Test
  void autoscalersShrinkSoonWhereThatIsChosen() {
    Cluster c =
        scaled(
            new AutoscalingOptions(
                SCALING.syncPeriod(),
                Duration.ofSeconds(20),
                SCALING.tolerance(),
                SCALING.cpuInitializationPeriod(),
                SCALING.initialReadinessDelay()),
            "20m");
    assertThat(replicas(c)).isEqualTo(2);
    c.pass(Duration.ofSeconds(35));
    assertThat(replicas(c)).isEqualTo(1);
  }

  @Test
  void autoscalersTolerateAsMuchAsChosen() {
    AutoscalingOptions lenient =
        new AutoscalingOptions(
            SCALING.syncPeriod(),
            SCALING.downscaleStabilization(),
            0.5,
            SCALING.cpuInitializationPeriod(),
            SCALING.initialReadinessDelay());
    assertThat(replicas(scaled(lenient, "70m"))).isEqualTo(2);
    assertThat(replicas(scaled(SCALING, "70m"))).isEqualTo(3);
  }

  @Test
  void aStartingPodsCpuCountsAsSoonAsChosen() {
    AutoscalingOptions hasty =
        new AutoscalingOptions(
            SCALING.syncPeriod(),
            SCALING.downscaleStabilization(),
            SCALING.tolerance(),
            Duration.ofSeconds(5),
            SCALING.initialReadinessDelay());
    assertThat(replicas(startedAnew(SCALING))).isEqualTo(2);
    assertThat(replicas(startedAnew(hasty))).isEqualTo(4);
  }

  @Test
  void aPodThatSoonWasNotReadyAnyMoreIsStartingForAsLongAsChosen() {
    assertThat(replicas(unready(delay(Duration.ofSeconds(5))))).isEqualTo(4);
    assertThat(replicas(unready(delay(Duration.ofSeconds(60))))).isEqualTo(2);
  }

  private static AutoscalingOptions delay(Duration readiness) {
    return new AutoscalingOptions(
        SCALING.syncPeriod(),
        SCALING.downscaleStabilization(),
        SCALING.tolerance(),
        Duration.ofSeconds(1),
        readiness);
  }

  /** Its pods are not ready since half a minute after their start. */
  private static Cluster unready(AutoscalingOptions options) {
    Cluster c = scaled(options, "50m");
    become(c, "False");
    c.pods().forEach(pod -> c.use(pod, "100m", "10s"));
    c.pass(Duration.ofSeconds(15));
    return c;
  }

  /** Its pods became ready just now, and were measured before. */
  private static Cluster startedAnew(AutoscalingOptions options) {
    Cluster c = scaled(options, "50m");
    c.pods().forEach(pod -> c.use(pod, "100m", "10s"));
    become(c, "True");
    c.pass(Duration.ofSeconds(15));
    return c;
  }

  private static void become(Cluster c, String status) {
    for (KubeObject pod : c.pods()) {
      c.api.change(
          Resources.PODS,
          "default",
          pod.name(),
          tree ->
              tree.withObjectProperty("status")
                  .putArray("conditions")
                  .addObject()
                  .put("type", "Ready")
                  .put("status", status)
                  .put("lastTransitionTime", c.context.clock().instant().toString()));
    }
  }
}
