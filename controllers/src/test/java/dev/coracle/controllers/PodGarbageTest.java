package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Pods that nobody else clears away. */
class PodGarbageTest {

  private static final Duration SOON = Duration.ofSeconds(1);

  private final Cluster c = new Cluster();

  /** A pod that somebody holds, and that no kubelet ends. */
  private void pod(String name, String node) {
    c.api.put(
        Resources.PODS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"%s",
              "finalizers":["example.com/held"]},
             "spec":{%s"containers":[{"name":"c","image":"i"}]},"status":{"phase":"Running"}}\
            """
                .formatted(name, node.isEmpty() ? "" : "\"nodeName\":\"" + node + "\",")));
    c.pass(SOON);
  }

  private void node(boolean ready, boolean outOfService) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"n2"},"spec":{"taints":[%s]},
             "status":{"conditions":[{"type":"Ready","status":"%s"}]}}\
            """
                .formatted(
                    outOfService
                        ? "{\"key\":\"node.kubernetes.io/out-of-service\",\"value\":\"nodeshutdown\",\"effect\":\"NoSchedule\"}"
                        : "",
                    ready ? "True" : "Unknown")));
    c.pass(SOON);
  }

  private String phase(String name) {
    return c.get(Resources.PODS, name).text("status", "phase");
  }

  private double counted(String reason) {
    var counter =
        c.registry.find("pod_gc_collector_force_delete_pods_total").tag("reason", reason).counter();
    return counter == null ? 0 : counter.count();
  }

  private void delete(String name) {
    c.delete(Resources.PODS, name, DeleteOptions.DEFAULT);
    c.pass(SOON);
  }

  @Test
  void podsThatEndOnANodeOutOfServiceAreEnded() {
    node(false, false);
    pod("a", "n2");
    pod("stays", "n2");
    delete("a");
    assertThat(phase("a")).isEqualTo("Running");
    node(false, true);
    assertThat(phase("a")).isEqualTo("Failed");
    assertThat(phase("stays")).as("is not being deleted").isEqualTo("Running");
    assertThat(counted("out-of-service")).isEqualTo(1);
    delete("stays");
    assertThat(phase("stays")).isEqualTo("Failed");
  }

  @Test
  void aNodeThatIsReadyEndsItsPodsItself() {
    node(true, true);
    pod("a", "n2");
    delete("a");
    assertThat(phase("a")).isEqualTo("Running");
    assertThat(counted("out-of-service")).isZero();
    node(false, true);
    assertThat(phase("a")).isEqualTo("Failed");
  }

  @Test
  void aPodThatNeverHadANodeFailsBeforeItIsGone() {
    pod("a", "");
    delete("a");
    assertThat(phase("a")).isEqualTo("Failed");
    assertThat(counted("unscheduled")).isEqualTo(1);
  }
}
