package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SchedulerTest {

  private final SchedulerFixture f = new SchedulerFixture().start();

  @Test
  void bindsAndSaysSo() {
    f.node("n1", "2");
    f.pod("p", "1");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
    assertThat(f.events()).contains("Scheduled: Successfully assigned default/p to n1");
    assertThat(
            f.registry
                .get("scheduler_schedule_attempts_total")
                .tag("result", "scheduled")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void saysWhyNotInUpstreamsWordsAndWakesOnTheRightEvent() {
    f.node("n1", "1");
    f.pod("a", "800m");
    f.pod("b", "800m");
    f.run();
    assertThat(f.nodeOf("a")).isEqualTo("n1");
    assertThat(f.message("b"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 No preemption victims found for incoming pod.");
    f.api.remove(Resources.PODS, "default", "a");
    f.run();
    assertThat(f.nodeOf("b")).isEqualTo("n1");
  }

  @Test
  void doesNotTryAgainForEventsThatCannotHelp() {
    f.node("n1", "1");
    f.pod("b", "2");
    f.context.advance(Duration.ofSeconds(30));
    double attempts = f.registry.get("scheduler_schedule_attempts_total").counter().count();
    f.api.change(
        Resources.NODES, "", "n1", n -> n.withObjectProperty("status").put("heartbeat", "1"));
    f.node("n2", "1", n -> n.withObjectProperty("spec").put("unschedulable", true));
    f.context.advance(Duration.ofSeconds(30));
    assertThat(f.registry.get("scheduler_schedule_attempts_total").counter().count())
        .isEqualTo(attempts + 1);
    assertThat(f.message("b"))
        .startsWith("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable.");
  }

  private long times(String point, String status) {
    Timer timer =
        f.registry
            .find("scheduler_framework_extension_point_duration")
            .tag("extension_point", point)
            .tag("status", status)
            .tag("profile", "default-scheduler")
            .timer();
    return timer == null ? 0 : timer.count();
  }

  @Test
  void extensionPointsAreMeasured() {
    f.node("n1", "1");
    f.node("n2", "1");
    f.pod("fits", "800m");
    f.run();
    for (String point : List.of("PreFilter", "Filter", "Score", "Reserve", "PreBind", "Bind")) {
      assertThat(times(point, "Success")).as(point).isOne();
    }
    assertThat(times("PostFilter", "Success") + times("PostFilter", "Unschedulable")).isZero();
    f.pod("large", "2");
    f.pod(
        "lost",
        "",
        n ->
            n.withObjectProperty("spec")
                .putArray("volumes")
                .addObject()
                .putObject("persistentVolumeClaim")
                .put("claimName", "none"));
    f.run();
    assertThat(times("PreFilter", "UnschedulableAndUnresolvable")).isOne();
    assertThat(times("Filter", "Success")).isEqualTo(2);
    assertThat(times("PostFilter", "Unschedulable")).isEqualTo(2);
    assertThat(times("Bind", "Success")).isOne();
    assertThat(
            f.registry
                .get("scheduler_framework_extension_point_duration")
                .tag("extension_point", "Bind")
                .timer()
                .takeSnapshot()
                .histogramCounts())
        .extracting(c -> c.bucket(TimeUnit.MICROSECONDS))
        .containsExactly(
            100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, 12_800.0, 25_600.0, 51_200.0,
            102_400.0, 204_800.0);
  }

  private double asked(String plugin, String point) {
    return f.registry
        .get("scheduler_plugin_evaluation_total")
        .tags("plugin", plugin, "extension_point", point, "profile", "default-scheduler")
        .functionCounter()
        .count();
  }

  @Test
  void pluginsAreCountedAsOftenAsTheyAreAsked() {
    f.node("n1", "1");
    f.node("n2", "1");
    f.pod("p", "800m");
    f.run();
    assertThat(asked("NodeResourcesFit", "Filter")).isEqualTo(2);
    assertThat(asked("NodeResourcesFit", "Score")).isEqualTo(1);
    assertThat(asked("PodTopologySpread", "PreFilter")).isEqualTo(1);
    assertThat(asked("PodTopologySpread", "Filter")).as("it had no say").isZero();
  }

  @Test
  void waitsForTheFirstNode() {
    f.pod("p", "");
    f.run();
    assertThat(f.message("p")).isEqualTo("no nodes available to schedule pods");
    f.node("n1", "1");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void taintsAndTolerations() {
    f.node(
        "n1",
        "1",
        n ->
            n.withObjectProperty("spec")
                .set(
                    "taints",
                    Json.parse("[{\"key\":\"k\",\"value\":\"v\",\"effect\":\"NoSchedule\"}]")));
    f.pod("p", "");
    f.pod(
        "q",
        "",
        n ->
            n.withObjectProperty("spec")
                .set("tolerations", Json.parse("[{\"key\":\"k\",\"operator\":\"Exists\"}]")));
    f.run();
    assertThat(f.nodeOf("q")).isEqualTo("n1");
    assertThat(f.message("p"))
        .isEqualTo(
            "0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1 nodes are"
                + " available: 1 Preemption is not helpful for scheduling.");
    f.api.change(Resources.NODES, "", "n1", n -> n.withObjectProperty("spec").remove("taints"));
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void nodeSelectorAndAffinity() {
    f.node("n1", "1");
    f.node("n2", "1", n -> n.path("metadata").withObjectProperty("labels").put("disk", "ssd"));
    f.pod("p", "", n -> n.withObjectProperty("spec").putObject("nodeSelector").put("disk", "ssd"));
    f.pod(
        "q",
        "",
        n ->
            n.withObjectProperty("spec")
                .set(
                    "affinity",
                    Json.parse(
                        "{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":"
                            + "{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"metadata.name\","
                            + "\"operator\":\"In\",\"values\":[\"n3\"]}]}]}}}")));
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n2");
    assertThat(f.message("q")).contains("2 node(s) didn't satisfy plugin(s) [NodeAffinity]");
  }

  private void podFor(String name, String cpu, String... terms) {
    f.pod(
        name,
        cpu,
        n -> {
          var selector =
              n.withObjectProperty("spec")
                  .putObject("affinity")
                  .putObject("nodeAffinity")
                  .putObject("requiredDuringSchedulingIgnoredDuringExecution")
                  .putArray("nodeSelectorTerms")
                  .addObject()
                  .putArray("matchFields");
          for (String node : terms) {
            var field = selector.addObject().put("key", "metadata.name").put("operator", "In");
            field.putArray("values").add(node);
          }
        });
  }

  @Test
  void aPodForOneNodeIsToldOfTheOthersThatTheyAreOutOfTheQuestion() {
    f.node("n1", "1");
    f.node("n2", "1");
    f.node("n3", "1");
    podFor("daemon", "2", "n2");
    f.run();
    assertThat(f.message("daemon"))
        .startsWith(
            "0/3 nodes are available: 1 Insufficient cpu,"
                + " 2 node(s) didn't satisfy plugin(s) [NodeAffinity].");
    podFor("lost", "", "n9");
    f.run();
    assertThat(f.message("lost"))
        .startsWith("0/3 nodes are available: 3 node(s) didn't satisfy plugin(s) [NodeAffinity].");
    podFor("torn", "", "n1", "n2");
    f.run();
    assertThat(f.message("torn"))
        .startsWith("0/3 nodes are available: pod affinity terms conflict.");
    f.node("n9", "1");
    f.run();
    assertThat(f.nodeOf("lost")).isEqualTo("n9");
    podFor("good", "1", "n3");
    f.run();
    assertThat(f.nodeOf("good")).isEqualTo("n3");
  }

  @Test
  void hostPortsCollide() {
    f.node("n1", "1");
    // An address that is given and empty means every address.
    String port = "[{\"containerPort\":80,\"hostPort\":8080,\"hostIP\":\"%s\"}]";
    for (String name : new String[] {"a", "b"}) {
      f.pod(
          name,
          "",
          n ->
              ((com.fasterxml.jackson.databind.node.ObjectNode)
                      n.path("spec").path("containers").get(0))
                  .set("ports", Json.parse(port.formatted(name.equals("a") ? "" : "127.0.0.1"))));
    }
    f.run();
    assertThat(f.nodeOf("a")).isEqualTo("n1");
    assertThat(f.message("b"))
        .contains("node(s) didn't have free ports for the requested pod ports");
  }

  @Test
  void gatesHoldAPodBack() {
    f.node("n1", "1");
    f.pod(
        "p",
        "",
        n -> n.withObjectProperty("spec").putArray("schedulingGates").addObject().put("name", "x"));
    f.run();
    assertThat(f.nodeOf("p")).isEmpty();
    f.context.advance(Duration.ofMinutes(5));
    f.api.change(
        Resources.PODS,
        "default",
        "p",
        n -> n.withObjectProperty("spec").remove("schedulingGates"));
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
    Timer waited =
        f.registry.get("scheduler_pod_scheduling_sli_duration").tag("attempts", "1").timer();
    assertThat(waited.totalTime(TimeUnit.SECONDS)).as("the gate is not the scheduler's").isZero();
    assertThat(buckets(waited.takeSnapshot(), TimeUnit.MILLISECONDS))
        .startsWith(10.0, 20.0, 40.0)
        .hasSize(20);
  }

  private static List<Double> buckets(HistogramSnapshot of, TimeUnit unit) {
    return Arrays.stream(of.histogramCounts()).map(c -> c.bucket(unit)).toList();
  }

  /** Each number of attempts was a series of its own, and what is counted had no buckets. */
  @Test
  void attemptsAreCountedOneByOneOnlyWhileTheyAreFew() {
    f.node("n1", "1");
    f.pod("p", "2");
    for (int i = 0; i < 40; i++) {
      f.context.advance(Duration.ofSeconds(20));
      f.node("small" + i, "1");
      f.run();
    }
    f.context.advance(Duration.ofSeconds(20));
    f.node("n2", "2");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n2");
    assertThat(
            f.registry
                .get("scheduler_pod_scheduling_sli_duration")
                .tag("attempts", "15+")
                .timer()
                .count())
        .isOne();
    var attempts = f.registry.get("scheduler_pod_scheduling_attempts").summary();
    assertThat(attempts.max()).isGreaterThan(15);
    assertThat(Arrays.stream(attempts.takeSnapshot().histogramCounts()).map(c -> c.bucket()))
        .containsExactly(1.0, 2.0, 4.0, 8.0, 16.0);
  }

  @Test
  void antiAffinityHoldsInBothDirections() {
    f.node("n1", "1");
    f.node("n2", "1");
    for (String name : new String[] {"a", "b", "c"}) {
      f.pod(
          name,
          "",
          n -> {
            n.withObjectProperty("metadata").putObject("labels").put("app", "x");
            if (!name.equals("c")) {
              n.withObjectProperty("spec")
                  .set(
                      "affinity",
                      Json.parse(
                          "{\"podAntiAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":"
                              + "[{\"labelSelector\":{\"matchLabels\":{\"app\":\"x\"}},"
                              + "\"topologyKey\":\"kubernetes.io/hostname\"}]}}"));
            }
          });
      f.run();
    }
    assertThat(f.nodeOf("a")).isNotEqualTo(f.nodeOf("b"));
    assertThat(f.message("c"))
        .contains("2 node(s) didn't satisfy existing pods anti-affinity rules");
  }

  @Test
  void spreadsThePodsOfOneOwner() {
    for (int i = 0; i < 4; i++) {
      f.node("n" + i, "8");
    }
    Map<String, Integer> perNode = new HashMap<>();
    for (int i = 0; i < 12; i++) {
      String name = "p" + i;
      f.pod(
          name,
          "",
          n ->
              n.withObjectProperty("metadata")
                  .set(
                      "ownerReferences",
                      Json.parse(
                          "[{\"uid\":\"u\",\"controller\":true,\"apiVersion\":\"apps/v1\",\"kind\":\"ReplicaSet\"}]")));
      f.run();
      perNode.merge(f.nodeOf(name), 1, Integer::sum);
    }
    assertThat(perNode).hasSize(4).allSatisfy((_, n) -> assertThat(n).isEqualTo(3));
  }

  @Test
  void aHardSpreadConstraintIsKept() {
    f.node("n1", "8");
    f.node("n2", "8", n -> n.withObjectProperty("spec").put("unschedulable", true));
    for (int i = 0; i < 2; i++) {
      f.pod(
          "p" + i,
          "",
          n -> {
            n.withObjectProperty("metadata").putObject("labels").put("app", "x");
            n.withObjectProperty("spec")
                .set(
                    "topologySpreadConstraints",
                    Json.parse(
                        "[{\"maxSkew\":1,\"topologyKey\":\"kubernetes.io/hostname\","
                            + "\"whenUnsatisfiable\":\"DoNotSchedule\","
                            + "\"labelSelector\":{\"matchLabels\":{\"app\":\"x\"}}}]"));
          });
      f.run();
    }
    assertThat(f.nodeOf("p0")).isEqualTo("n1");
    assertThat(f.message("p1")).contains("1 node(s) didn't match pod topology spread constraints");
  }

  @Test
  void preemptsTheLeastImportant() {
    f.node("n1", "1");
    f.pod("low", "600m", n -> n.withObjectProperty("spec").put("priority", 1));
    f.pod("mid", "400m", n -> n.withObjectProperty("spec").put("priority", 5));
    f.run();
    f.pod("high", "500m", n -> n.withObjectProperty("spec").put("priority", 10));
    f.run();
    KubeObject low = f.peek("low");
    assertThat(low).isNotNull();
    assertThat(low.isDeleting()).isTrue();
    assertThat(f.peek("mid")).isNotNull().satisfies(p -> assertThat(p.isDeleting()).isFalse());
    assertThat(f.peek("high"))
        .satisfies(p -> assertThat(p.text("status", "nominatedNodeName")).isEqualTo("n1"));
    f.pod("later", "500m");
    f.api.delete(Resources.PODS, "default", "low", DeleteOptions.now()).await().indefinitely();
    f.run();
    assertThat(f.nodeOf("high")).isEqualTo("n1");
    assertThat(f.nodeOf("later")).isEmpty();
    assertThat(f.events()).anyMatch(e -> e.startsWith("Preempted: Preempted by pod "));
  }

  @Test
  void aFailedBindingIsTriedAgainAfterItsBackoff() {
    f.node("n1", "1");
    f.api.failWhen(call ->
        call.subresource().equals("binding")
            ? Optional.of(StatusException.internal("no"))
            : Optional.empty());
    f.pod("p", "1");
    f.run();
    assertThat(f.nodeOf("p")).isEmpty();
    f.api.failWhen(_ -> Optional.empty());
    f.context.advance(Duration.ofMillis(900));
    assertThat(f.nodeOf("p")).isEmpty();
    f.context.advance(Duration.ofMillis(200));
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void waitsForItsClaimAndChoosesTheNodeForIt() {
    f.node("n1", "1");
    f.api.put(
        Resources.STORAGE_CLASSES,
        KubeObject.parse(
            "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":"
                + "{\"name\":\"local\"},\"provisioner\":\"x/y\","
                + "\"volumeBindingMode\":\"WaitForFirstConsumer\"}"));
    f.pod(
        "p",
        "",
        n ->
            n.withObjectProperty("spec")
                .set(
                    "volumes",
                    Json.parse(
                        "[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}]")));
    f.run();
    assertThat(f.message("p"))
        .startsWith("0/1 nodes are available: persistentvolumeclaim \"c\" not found. preemption:");
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":"
                + "{\"namespace\":\"default\",\"name\":\"c\"},"
                + "\"spec\":{\"storageClassName\":\"local\"},\"status\":{\"phase\":\"Pending\"}}"));
    f.run();
    KubeObject claim = f.api.peek(Resources.PERSISTENT_VOLUME_CLAIMS, "default", "c");
    assertThat(claim).isNotNull();
    assertThat(claim.annotation("volume.kubernetes.io/selected-node")).contains("n1");
    assertThat(f.nodeOf("p")).isEmpty();
    f.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "c",
        n -> {
          n.withObjectProperty("spec").put("volumeName", "pv");
          n.withObjectProperty("status").put("phase", "Bound");
        });
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }
}
