package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.scheduler.config.SchedulerConfiguration;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Who goes for whom, and which node is promised to a pod while it waits. */
class PreemptionTest {

  private final SchedulerFixture f = new SchedulerFixture().start();

  private static Consumer<ObjectNode> priority(int priority) {
    return pod -> pod.withObjectProperty("spec").put("priority", priority);
  }

  /** A pod that comes with a promise, as somebody else may have made it. */
  private void promised(String name, String cpu, String node, Consumer<ObjectNode> more) {
    f.api.put(
        Resources.PODS,
        KubeObject.create(
            new GroupVersionKind("", "v1", "Pod"),
            "default",
            name,
            pod -> {
              pod.withObjectProperty("metadata").put("uid", "uid-of-" + name);
              ObjectNode container = pod.putObject("spec").putArray("containers").addObject();
              container
                  .put("name", "c")
                  .putObject("resources")
                  .putObject("requests")
                  .put("cpu", cpu);
              pod.putObject("status").put("nominatedNodeName", node);
              more.accept(pod);
            }));
  }

  private static Consumer<ObjectNode> gated() {
    return pod ->
        pod.withObjectProperty("spec").putArray("schedulingGates").addObject().put("name", "g");
  }

  private String nomination(String pod) {
    return f.peek(pod).text("status", "nominatedNodeName");
  }

  private boolean isGoing(String pod) {
    return f.peek(pod).isDeleting();
  }

  private void go(String pod) {
    f.api.delete(Resources.PODS, "default", pod, DeleteOptions.now()).await().indefinitely();
    f.run();
  }

  @Test
  void aLessImportantPodLosesTheNodeThatIsPromisedToAMoreImportantOne() {
    f.node("n1", "1");
    f.pod("low", "1", priority(1));
    f.run();
    f.pod("mid", "1", priority(5));
    f.run();
    assertThat(nomination("mid")).isEqualTo("n1");
    f.pod("high", "1", priority(10));
    f.run();
    assertThat(nomination("high")).isEqualTo("n1");
    assertThat(nomination("mid")).isEmpty();
    go("low");
    assertThat(f.nodeOf("high")).isEqualTo("n1");
    assertThat(f.nodeOf("mid")).isEmpty();
    f.node("n2", "1");
    f.run();
    assertThat(f.nodeOf("mid")).isEqualTo("n2");
  }

  @Test
  void aNodeThatCannotTakeThePodAnyMoreIsNotPromisedAnyMore() {
    f.node("n1", "1");
    promised("large", "5", "n1", _ -> {});
    f.run();
    assertThat(nomination("large")).isEmpty();
    f.pod("small", "1");
    f.run();
    assertThat(f.nodeOf("small")).isEqualTo("n1");
  }

  @Test
  void whoMayPreemptNobodyKeepsItsPromise() {
    f.node("n1", "1");
    f.pod("there", "1");
    f.run();
    promised(
        "polite",
        "1",
        "n1",
        priority(5).andThen(p -> p.withObjectProperty("spec").put("preemptionPolicy", "Never")));
    f.run();
    assertThat(f.message("polite")).endsWith("not eligible due to preemptionPolicy=Never.");
    assertThat(nomination("polite")).isEqualTo("n1");
  }

  @Test
  void whatWasPromisedIsFreeWhenThePodGoes() {
    f.node("n1", "1");
    promised("promised", "1", "n1", priority(10).andThen(gated()));
    f.run();
    f.pod("waits", "1", priority(1));
    f.run();
    assertThat(f.nodeOf("waits")).isEmpty();
    f.api.remove(Resources.PODS, "default", "promised");
    f.run();
    assertThat(f.nodeOf("waits")).isEqualTo("n1");
  }

  @Test
  void whatWasPromisedIsFreeWhenSomebodyTakesThePromiseBack() {
    f.node("n1", "1");
    promised("promised", "1", "n1", priority(10).andThen(gated()));
    f.run();
    f.pod("waits", "1", priority(1));
    f.run();
    assertThat(f.nodeOf("waits")).isEmpty();
    f.api.change(
        Resources.PODS,
        "default",
        "promised",
        n -> n.withObjectProperty("status").remove("nominatedNodeName"));
    f.run();
    assertThat(f.nodeOf("waits")).isEqualTo("n1");
  }

  @Test
  void whoGoesForAnotherReasonHoldsNobodyOff() {
    f.node("n1", "2");
    f.pod("leaving", "1", priority(1));
    f.pod("staying", "1", priority(1));
    f.run();
    f.api
        .delete(Resources.PODS, "default", "leaving", DeleteOptions.DEFAULT)
        .await()
        .indefinitely();
    promised("high", "2", "n1", priority(10));
    f.run();
    assertThat(isGoing("staying")).isTrue();
    assertThat(nomination("high")).isEqualTo("n1");
  }

  @Test
  void whereAVictimCannotBeEvictedItIsTriedAgainAfterTheBackoff() {
    f.node("n1", "1");
    f.pod("low", "1", priority(1));
    f.run();
    f.api.failWhen(call ->
        call.verb().equals("delete") && call.name().equals("low")
            ? Optional.of(StatusException.internal("no"))
            : Optional.empty());
    f.pod("high", "1", priority(10));
    f.run();
    assertThat(isGoing("low")).isFalse();
    assertThat(evictions("error")).isEqualTo(1);
    assertThat(f.events()).noneMatch(e -> e.startsWith("Preempted: "));
    f.api.failWhen(_ -> Optional.empty());
    f.context.advance(Duration.ofMillis(900));
    assertThat(isGoing("low")).isFalse();
    f.context.advance(Duration.ofMillis(200));
    assertThat(isGoing("low")).isTrue();
    assertThat(evictions("success")).isEqualTo(1);
  }

  private double evictions(String result) {
    return f.registry
        .get("scheduler_preemption_goroutines_execution_total")
        .tag("result", result)
        .counter()
        .count();
  }

  @Test
  void everyLookForVictimsIsAnAttempt() {
    f.node("n1", "1");
    f.pod("large", "5", priority(10));
    f.run();
    assertThat(f.registry.get("scheduler_preemption_attempts_total").counter().count())
        .isEqualTo(1);
  }

  @Test
  void itIsSaidWhatIsLackingWithoutTheVictimsToo() {
    f.node("n1", "1");
    f.pod("low", "300m", priority(1));
    f.pod("high", "600m", priority(100));
    f.run();
    f.pod("mid", "800m", priority(5));
    f.run();
    assertThat(f.message("mid"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 Insufficient cpu.");
    assertThat(isGoing("low")).isFalse();
  }

  @Test
  void victimsAreLookedForOnAsManyNodesAsChosen() {
    assertThat(chosen(SchedulerOptions.DEFAULT)).isEqualTo("n0");
    assertThat(
            chosen(
                SchedulerConfiguration.parse(
                    Json.parseObject(
                        """
                        {"apiVersion":"kubescheduler.config.k8s.io/v1",
                         "kind":"KubeSchedulerConfiguration",
                         "profiles":[{"pluginConfig":[{"name":"DefaultPreemption","args":
                         {"minCandidateNodesPercentage":1,"minCandidateNodesAbsolute":1}}]}]}
                        """),
                    Scheduler.knownPlugins())))
        .isNotEqualTo("n0");
  }

  /** Of ten nodes the one with the least important pod, n0, is the best to make free. */
  private static String chosen(SchedulerOptions options) {
    SchedulerFixture f = new SchedulerFixture(options).start();
    for (int i = 0; i < 10; i++) {
      String node = "n" + i;
      f.node(node, "1");
      f.pod(
          "on" + i,
          "1",
          priority(i + 1).andThen(p -> p.withObjectProperty("spec").put("nodeName", node)));
    }
    f.pod("high", "1", priority(100));
    f.run();
    return f.peek("high").text("status", "nominatedNodeName");
  }

  @Test
  void aPodWhoseClaimIsStillBoundIsShownOnItsWayAndOffItWhenThatFails() {
    f.node("n1", "1");
    slowClaim();
    f.pod("p", "", ofClaim());
    f.pod("plain", "");
    f.run();
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(nomination("p")).isEqualTo("n1");
    assertThat(nomination("plain")).isEmpty();
    f.api.change(
        Resources.NODES, "", "n1", n -> n.withObjectProperty("spec").put("unschedulable", true));
    f.context.advance(SchedulerOptions.DEFAULT.bindTimeout().plusSeconds(1));
    assertThat(nomination("p")).isEmpty();
  }

  @Test
  void aPodThatIsDeletedOnItsWayGivesItsPlaceBack() {
    f.node("n1", "1");
    slowClaim();
    f.pod("p", "1", ofClaim());
    f.run();
    f.pod("waits", "1");
    f.run();
    assertThat(f.nodeOf("waits")).isEmpty();
    f.api.remove(Resources.PODS, "default", "p");
    f.run();
    assertThat(f.nodeOf("waits")).isEqualTo("n1");
  }

  private static Consumer<ObjectNode> ofClaim() {
    return n ->
        n.withObjectProperty("spec")
            .set(
                "volumes",
                Json.parse("[{\"name\":\"v\",\"persistentVolumeClaim\":{\"claimName\":\"c\"}}]"));
  }

  /** A claim that nobody binds. */
  private void slowClaim() {
    f.api.put(
        Resources.STORAGE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"name":"slow"},
             "provisioner":"x/y","volumeBindingMode":"WaitForFirstConsumer"}
            """));
    f.api.put(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"namespace":"default",
             "name":"c"},"spec":{"storageClassName":"slow"},"status":{"phase":"Pending"}}
            """));
  }
}
