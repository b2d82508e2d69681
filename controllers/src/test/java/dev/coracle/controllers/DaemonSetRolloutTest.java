package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Four nodes, a pod of the set on each, and a new template. */
class DaemonSetRolloutTest {

  private static final List<String> NODES = List.of("n1", "n2", "n3", "n4");

  private final Cluster c = new Cluster();
  private int fewestReady;
  private int mostPods;
  private int mostOnOneNode;

  @BeforeEach
  void nodes() {
    for (String name : NODES.subList(1, 4)) {
      c.api.put(
          Resources.NODES,
          KubeObject.parse(
              "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\""
                  + name
                  + "\"},\"spec\":{},\"status\":{}}"));
    }
  }

  private void daemonSet(String rollingUpdate, int minReadySeconds) {
    c.create(
        Resources.DAEMON_SETS,
        """
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":"default","name":"d"},
         "spec":{"selector":{"matchLabels":{"app":"d"}},"minReadySeconds":%d,
          "updateStrategy":{"type":"RollingUpdate","rollingUpdate":%s},
          "template":{"metadata":{"labels":{"app":"d"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
        """
            .formatted(minReadySeconds, rollingUpdate));
    c.pass(Duration.ofSeconds(60));
    fewestReady = 4;
    c.observe = this::observe;
  }

  private void observe() {
    List<KubeObject> alive = c.pods().stream().filter(p -> !p.isDeleting()).toList();
    fewestReady = Math.min(fewestReady, (int) serving(alive));
    mostPods = Math.max(mostPods, alive.size());
    for (String node : NODES) {
      mostOnOneNode = Math.max(mostOnOneNode, (int) on(node).count());
    }
  }

  /** On how many nodes a ready pod stands. */
  private static long serving(List<KubeObject> alive) {
    return alive.stream()
        .filter(p -> p.at("status", "conditions").path(0).path("status").asText().equals("True"))
        .map(p -> p.text("spec", "nodeName"))
        .distinct()
        .count();
  }

  private Stream<KubeObject> on(String node) {
    return c.pods().stream()
        .filter(p -> !p.isDeleting() && p.text("spec", "nodeName").equals(node));
  }

  private static String image(KubeObject pod) {
    return pod.at("spec", "containers").path(0).path("image").asText();
  }

  private void newTemplate() {
    c.edit(
        Resources.DAEMON_SETS,
        "d",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "i:2"));
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"maxSurge\":1,\"maxUnavailable\":0}', 5",
    "'{\"maxSurge\":\"50%\",\"maxUnavailable\":0}', 6",
    "'{\"maxSurge\":\"30%\",\"maxUnavailable\":0}', 6",
    "'{\"maxSurge\":\"100%\",\"maxUnavailable\":0}', 8",
  })
  void aSurgePutsNewPodsBesideTheOldOnes(String rollingUpdate, int most) {
    daemonSet(rollingUpdate, 0);
    newTemplate();
    c.pass(Duration.ofSeconds(10));
    assertThat(c.pods()).hasSize(4).extracting(DaemonSetRolloutTest::image).containsOnly("i:2");
    assertThat(mostPods).isEqualTo(most);
    assertThat(mostOnOneNode).isEqualTo(2);
    assertThat(fewestReady).isEqualTo(4);
    assertThat(c.get(Resources.DAEMON_SETS, "d").at("status", "updatedNumberScheduled").asInt())
        .isEqualTo(4);
  }

  @Test
  void theOldPodStaysUntilTheNewOneWasReadyLongEnough() {
    daemonSet("{\"maxSurge\":1,\"maxUnavailable\":0}", 10);
    newTemplate();
    c.pass(Duration.ofSeconds(9));
    assertThat(c.pods()).hasSize(5);
    assertThat(c.pods().stream().filter(p -> image(p).equals("i:1"))).hasSize(4);
    c.pass(Duration.ofSeconds(2));
    assertThat(c.pods().stream().filter(p -> image(p).equals("i:1"))).hasSize(3);
    c.pass(Duration.ofSeconds(40));
    assertThat(c.pods()).hasSize(4).extracting(DaemonSetRolloutTest::image).containsOnly("i:2");
  }

  @Test
  void aNewPodThatIsNeverReadyHoldsUpTheSurge() {
    daemonSet("{\"maxSurge\":1,\"maxUnavailable\":0}", 0);
    c.becomesReady = pod -> !image(pod).equals("i:2");
    newTemplate();
    c.pass(Duration.ofMinutes(5));
    assertThat(c.pods()).hasSize(5);
    assertThat(serving(c.pods())).isEqualTo(4);
  }

  @Test
  void anOldPodThatIsNotReadyIsReplacedBesideTheSurge() {
    c.becomesReady = pod -> !isFor(pod, "n3");
    daemonSet("{\"maxSurge\":1,\"maxUnavailable\":0}", 0);
    c.becomesReady = pod -> image(pod).equals("i:2") && isFor(pod, "n3");
    newTemplate();
    c.pass(Duration.ofSeconds(10));
    assertThat(on("n3")).hasSize(1).extracting(DaemonSetRolloutTest::image).containsOnly("i:2");
    assertThat(c.pods()).as("and one more beside an old pod").hasSize(5);
  }

  private static boolean isFor(KubeObject pod, String node) {
    return pod.at("spec", "affinity").toString().contains("\"" + node + "\"");
  }

  @Test
  void withoutASurgeAnOldPodGoesFirst() {
    daemonSet("{\"maxUnavailable\":1}", 0);
    newTemplate();
    c.pass(Duration.ofSeconds(10));
    assertThat(c.pods()).hasSize(4).extracting(DaemonSetRolloutTest::image).containsOnly("i:2");
    assertThat(mostPods).isEqualTo(4);
    assertThat(fewestReady).isEqualTo(3);
  }

  @Test
  void aPodThatFailsAgainAndAgainIsReplacedMoreAndMoreSlowly() {
    daemonSet("{\"maxUnavailable\":1}", 0);
    c.observe = () -> {};
    List<Integer> kills = new ArrayList<>();
    for (int minute = 0; minute < 2; minute++) {
      for (int second = 0; second < 60; second++) {
        on("n1").filter(p -> p.text("status", "phase").equals("Running")).forEach(this::fail);
        c.pass(Duration.ofSeconds(1));
      }
      kills.add(c.events("FailedDaemonPod").size());
    }
    assertThat(kills.getFirst()).isBetween(5, 7);
    assertThat(kills.getLast() - kills.getFirst()).isBetween(1, 2);
    assertThat(c.events("FailedDaemonPod"))
        .allMatch(m ->
            m.matches("Found failed daemon pod default/d-\\w+ on node n1, will try to kill it"));
  }

  private void fail(KubeObject pod) {
    c.api.change(
        Resources.PODS,
        "default",
        pod.name(),
        n -> n.withObjectProperty("status").put("phase", "Failed"));
  }

  @Test
  void podsTellWhichTemplateTheyAreMadeOf() {
    c.create(
        Resources.DAEMON_SETS,
        """
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":"default","name":"d",
          "generation":7,"annotations":{"deprecated.daemonset.template.generation":"3"}},
         "spec":{"selector":{"matchLabels":{"app":"d"}},"updateStrategy":{"type":"OnDelete"},
          "template":{"metadata":{"labels":{"app":"d"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
        """);
    c.pass(Duration.ofSeconds(60));
    assertThat(c.pods())
        .hasSize(4)
        .allSatisfy(p -> assertThat(p.labels()).containsEntry("pod-template-generation", "3"));
  }
}
