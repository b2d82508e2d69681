package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Why pods wait, and what the scheduler keeps. */
class WaitingPodsMetricsTest {

  private final SchedulerFixture f = new SchedulerFixture().start();

  private double waiting(String plugin) {
    var gauge =
        f.registry
            .find("scheduler_unschedulable_pods")
            .tags("plugin", plugin, "profile", "default-scheduler")
            .gauge();
    return gauge == null ? 0 : gauge.value();
  }

  private double cached(String type) {
    return f.registry.get("scheduler_cache_size").tag("type", type).gauge().value();
  }

  private static void tainted(ObjectNode node) {
    node.withObjectProperty("spec")
        .putArray("taints")
        .addObject()
        .put("key", "k")
        .put("effect", "NoSchedule");
  }

  @Test
  void aPodCountsForEachPluginThatRejectsIt() {
    f.node("small", "1");
    f.node("tainted", "8", WaitingPodsMetricsTest::tainted);
    f.pod("p", "4");
    f.pod("q", "4");
    f.run();
    assertThat(waiting("NodeResourcesFit")).isEqualTo(2);
    assertThat(waiting("TaintToleration")).isEqualTo(2);
    f.api.remove(Resources.PODS, "default", "q");
    f.run();
    assertThat(waiting("NodeResourcesFit")).isEqualTo(1);
    f.node("large", "8");
    f.context.advance(Duration.ofSeconds(2));
    assertThat(f.nodeOf("p")).isEqualTo("large");
    assertThat(waiting("NodeResourcesFit")).isZero();
    assertThat(waiting("TaintToleration")).isZero();
    assertThat(cached("nodes")).isEqualTo(3);
    assertThat(cached("pods")).isEqualTo(1);
    assertThat(cached("assumed_pods")).isZero();
  }

  @Test
  void aGatedPodCountsForItsGates() {
    f.node("n", "4");
    f.pod(
        "p",
        "1",
        pod ->
            pod.withObjectProperty("spec")
                .putArray("schedulingGates")
                .addObject()
                .put("name", "g"));
    f.run();
    assertThat(waiting("SchedulingGates")).isEqualTo(1);
    f.api.change(
        Resources.PODS,
        "default",
        "p",
        pod -> pod.withObjectProperty("spec").remove("schedulingGates"));
    f.run();
    assertThat(waiting("SchedulingGates")).isZero();
    assertThat(f.nodeOf("p")).isEqualTo("n");
  }
}
