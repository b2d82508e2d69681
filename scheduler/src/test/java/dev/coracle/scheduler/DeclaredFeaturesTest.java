package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import org.junit.jupiter.api.Test;

/** Pods that need what not every node's kubelet can (KEP-5328). */
class DeclaredFeaturesTest {
  private static final String RESTART_ALL = "RestartAllContainersOnContainerExits";

  private final SchedulerFixture f = new SchedulerFixture().start();

  private static void declare(ObjectNode node) {
    node.withObjectProperty("status").putArray("declaredFeatures").add(RESTART_ALL);
  }

  private void podThatRestartsAll(String name) {
    f.pod(
        name,
        "100m",
        pod ->
            ((ObjectNode) pod.at("/spec/containers/0"))
                .putArray("restartPolicyRules")
                .addObject()
                .put("action", "RestartAllContainers"));
  }

  @Test
  void aPodWaitsForANodeThatDeclaresWhatItNeeds() {
    f.node("old", "2");
    podThatRestartsAll("p");
    f.run();
    assertThat(f.message("p"))
        .startsWith(
            "0/1 nodes are available: 1 node declared features check failed -"
                + " unsatisfied requirements: "
                + RESTART_ALL
                + ".");
    f.api.change(Resources.NODES, "", "old", DeclaredFeaturesTest::declare);
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("old");
  }

  @Test
  void aNewNodeThatDeclaresItIsTaken() {
    f.node("old", "2");
    podThatRestartsAll("p");
    f.run();
    f.node("new", "1", DeclaredFeaturesTest::declare);
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("new");
  }

  @Test
  void whoNeedsNothingIsNotAskedForIt() {
    f.node("old", "2");
    f.pod("p", "100m");
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("old");
  }
}
