package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.cri.v1.LinuxContainerResources;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In-place resize (KEP-1287) between an in-memory API and an in-memory runtime. */
class PodResizeTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void create(String name, String cpu, String more) {
    k.simple(name, ",\"resources\":{\"requests\":{\"cpu\":\"" + cpu + "\"}}" + more);
    k.awaitPhase(name, "Running");
  }

  private void resize(String name, String cpu) {
    resizeTo(name, "{\"requests\":{\"cpu\":\"" + cpu + "\"}}");
  }

  private void resizeTo(String name, String resources) {
    JsonNode containers = k.pod(name).at("spec", "containers").deepCopy();
    ((com.fasterxml.jackson.databind.node.ObjectNode) containers.path(0))
        .set("resources", Json.parse(resources));
    k.api
        .patch(
            Resources.PODS,
            "default",
            name,
            Patch.merge(n -> n.putObject("spec").set("containers", containers)))
        .await()
        .indefinitely();
  }

  private String cpu(String pod) {
    return k.container(pod).path("resources").path("requests").path("cpu").asText();
  }

  private JsonNode condition(String pod, String type) {
    for (JsonNode c : k.pod(pod).at("status", "conditions")) {
      if (c.path("type").asText().equals(type)) {
        return c;
      }
    }
    return Json.object();
  }

  @Test
  void aContainerGetsItsNewResourcesWithoutARestart() throws Exception {
    create("grows", "100m", "");
    assertThat(cpu("grows")).isEqualTo("100m");
    resize("grows", "200m");
    k.eventually(() -> assertThat(cpu("grows")).isEqualTo("200m"));
    assertThat(k.runtime.calls()).contains("updateContainerResources");
    assertThat(k.container("grows").path("restartCount").asInt()).isZero();
    assertThat(k.pod("grows").at("status", "allocatedResources"))
        .as("of all containers together")
        .isEqualTo(Json.parse("{\"cpu\":\"200m\"}"));
    assertThat(k.container("grows").path("allocatedResources").path("cpu").asText())
        .isEqualTo("200m");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e -> e.startsWith("ResizeStarted: Pod resize started: "))
            .anyMatch(e -> e.startsWith("ResizeCompleted: Pod resize completed: ")));
    k.eventually(() -> assertThat(condition("grows", "PodResizeInProgress").isEmpty()).isTrue());
    k.restart();
    resize("grows", "250m");
    k.eventually(() -> assertThat(cpu("grows")).isEqualTo("250m"));
    k.eventually(
        () -> assertThat(completed()).as("the next kubelet tells only its own").hasSize(2));
  }

  /** Upstream's rule: what the runtime says counts, the promise is told beside it. */
  @Test
  void theStatusTellsWhatTheRuntimeSays() {
    k.simple(
        "held",
        ",\"resources\":{\"requests\":{\"cpu\":\"100m\",\"memory\":\"32Mi\"},"
            + "\"limits\":{\"cpu\":\"200m\",\"memory\":\"64Mi\"}}");
    k.awaitPhase("held", "Running");
    k.runtime.holds(
        k.runtime.running("held").orElseThrow().getId(),
        LinuxContainerResources.newBuilder()
            .setCpuShares(512)
            .setCpuQuota(150_000)
            .setMemoryLimitInBytes(96 << 20)
            .build());
    k.api
        .patch(
            Resources.PODS,
            "default",
            "held",
            Patch.merge(n -> n.putObject("metadata").putObject("labels").put("look", "again")))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(k.container("held").path("resources"))
            .isEqualTo(
                Json.parse(
                    "{\"requests\":{\"cpu\":\"500m\",\"memory\":\"32Mi\"},"
                        + "\"limits\":{\"cpu\":\"1500m\",\"memory\":\"96Mi\"}}")));
    assertThat(k.container("held").path("allocatedResources"))
        .isEqualTo(Json.parse("{\"cpu\":\"100m\",\"memory\":\"32Mi\"}"));
  }

  private List<KubeObject> completed() {
    return k.api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .filter(e -> e.text("reason").equals("ResizeCompleted"))
        .toList();
  }

  private void resizeWhole(String name, String resources) {
    k.api
        .patch(
            Resources.PODS,
            "default",
            name,
            Patch.merge(n -> n.putObject("spec").set("resources", Json.parse(resources))))
        .await()
        .indefinitely();
  }

  @Test
  void aPodAsAWholeGetsItsNewResourcesAndSoDoItsContainers() throws Exception {
    k.create(
        "whole",
        """
        "resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"200m","memory":"64Mi"}},
        "containers":[{"name":"whole","image":"busybox:1"}]
        """);
    k.awaitPhase("whole", "Running");
    assertThat(k.pod("whole").text("status", "allocatedResources", "cpu")).isEqualTo("100m");
    assertThat(k.pod("whole").text("status", "resources", "limits", "cpu")).isEqualTo("200m");
    resizeWhole(
        "whole",
        "{\"requests\":{\"cpu\":\"150m\"},\"limits\":{\"cpu\":\"400m\",\"memory\":\"128Mi\"}}");
    k.eventually(() -> {
      assertThat(k.pod("whole").text("status", "allocatedResources", "cpu")).isEqualTo("150m");
      assertThat(k.pod("whole").text("status", "resources", "limits", "cpu")).isEqualTo("400m");
      assertThat(k.pod("whole").text("status", "resources", "limits", "memory")).isEqualTo("128Mi");
    });
    assertThat(k.runtime.calls()).contains("updateContainerResources");
    assertThat(k.container("whole").path("restartCount").asInt()).isZero();
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(
                e -> e.startsWith("ResizeStarted: Pod resize started: ") && e.contains("\"pod\":"))
            .anyMatch(e -> e.startsWith("ResizeCompleted: Pod resize completed: ")));
    k.eventually(() -> assertThat(condition("whole", "PodResizeInProgress").isEmpty()).isTrue());
    k.restart();
    k.simple("other", "");
    k.awaitPhase("other", "Running");
    assertThat(k.pod("whole").text("status", "resources", "limits", "cpu")).isEqualTo("400m");
  }

  /** KEP-5419: the limit of a container that has none of its own is the pod's. */
  @Test
  void aContainerHeldToItsPodsLimitsIsRestartedWhereItsPolicySaysSo() {
    k.create(
        "around",
        """
        "resources":{"requests":{"memory":"32Mi"},"limits":{"cpu":"200m","memory":"64Mi"}},
        "containers":[
          {"name":"inherits","image":"busybox:1","resizePolicy":[%1$s]},
          {"name":"keeps","image":"busybox:1","resizePolicy":[%1$s],
           "resources":{"limits":{"memory":"16Mi"},"requests":{"memory":"16Mi"}}},
          {"name":"easy","image":"busybox:1"}]
        """
            .formatted("{\"resourceName\":\"memory\",\"restartPolicy\":\"RestartContainer\"}"));
    k.awaitPhase("around", "Running");
    resizeWhole(
        "around",
        "{\"requests\":{\"memory\":\"48Mi\"},\"limits\":{\"cpu\":\"300m\",\"memory\":\"64Mi\"}}");
    k.eventually(() ->
        assertThat(k.pod("around").text("status", "resources", "limits", "cpu")).isEqualTo("300m"));
    assertThat(restarts("around")).as("neither requests nor cpu are asked for").containsOnly(0);
    resizeWhole(
        "around",
        "{\"requests\":{\"memory\":\"48Mi\"},\"limits\":{\"cpu\":\"300m\",\"memory\":\"96Mi\"}}");
    k.eventually(() -> {
      assertThat(restarts("around")).containsExactly(1, 0, 0);
      assertThat(k.pod("around").text("status", "resources", "limits", "memory")).isEqualTo("96Mi");
      assertThat(condition("around", "PodResizeInProgress").isEmpty()).isTrue();
    });
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e -> e.contains("Container inherits resize requires restart")));
  }

  private List<Integer> restarts(String pod) {
    return StreamSupport.stream(k.pod(pod).at("status", "containerStatuses").spliterator(), false)
        .map(c -> c.path("restartCount").asInt())
        .toList();
  }

  @Test
  void aPodAsAWholeIsNotHeldBelowWhatItUses() {
    k.create(
        "uses",
        """
        "resources":{"limits":{"memory":"64Mi"}},
        "containers":[{"name":"uses","image":"busybox:1"}]
        """);
    k.awaitPhase("uses", "Running");
    k.runtime.uses("uses", 50L << 20);
    resizeWhole("uses", "{\"limits\":{\"memory\":\"32Mi\"}}");
    k.eventually(() -> {
      JsonNode progress = condition("uses", "PodResizeInProgress");
      assertThat(progress.path("reason").asText()).isEqualTo("Error");
      assertThat(progress.path("message").asText())
          .isEqualTo(
              "cannot decrease memory limits: attempting to set pod memory limit (33554432)"
                  + " below current usage (52428800)");
    });
    assertThat(k.pod("uses").text("status", "resources", "limits", "memory")).isEqualTo("64Mi");
  }

  @Test
  void aContainerIsNotHeldBelowWhatItUses() {
    k.simple(
        "full",
        ",\"resources\":{\"requests\":{\"memory\":\"16Mi\"},\"limits\":{\"memory\":\"64Mi\"}}");
    k.awaitPhase("full", "Running");
    k.runtime.uses("full", 50L << 20);
    resizeTo("full", "{\"requests\":{\"memory\":\"16Mi\"},\"limits\":{\"memory\":\"32Mi\"}}");
    k.eventually(() ->
        assertThat(condition("full", "PodResizeInProgress").path("message").asText())
            .isEqualTo(
                "cannot decrease memory limits: [attempting to set pod memory limit (33554432)"
                    + " below current usage (52428800), attempting to set container \"full\""
                    + " memory limit (33554432) below current usage (52428800)]"));
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith("ResizeError: Pod resize error: {\"containers\":[{")
                    && e.contains("\"error\":\"cannot decrease memory limits: [")));
    k.runtime.uses("full", 20L << 20);
    resizeTo("full", "{\"requests\":{\"memory\":\"16Mi\"},\"limits\":{\"memory\":\"33Mi\"}}");
    k.eventually(() -> assertThat(condition("full", "PodResizeInProgress").isEmpty()).isTrue());
  }

  @Test
  void aContainerThatStillInitialisesIsResizedToo() {
    k.create(
        "begins",
        """
        "initContainers":[{"name":"init","image":"busybox:1",
          "resources":{"requests":{"cpu":"100m"}}}],
        "containers":[{"name":"begins","image":"busybox:1"}]
        """);
    k.eventually(() -> assertThat(k.runtime.running("init")).isPresent());
    k.api
        .patch(
            Resources.PODS,
            "default",
            "begins",
            Patch.merge(n ->
                n.putObject("spec")
                    .set(
                        "initContainers",
                        Json.parse(
                            """
                            [{"name":"init","image":"busybox:1",
                              "resources":{"requests":{"cpu":"200m"}}}]
                            """))))
        .await()
        .indefinitely();
    k.eventually(() -> assertThat(k.runtime.calls()).contains("updateContainerResources"));
    k.eventually(() -> assertThat(condition("begins", "PodResizeInProgress").isEmpty()).isTrue());
    assertThat(
            k.pod("begins")
                .at("status", "initContainerStatuses")
                .path(0)
                .path("allocatedResources")
                .path("cpu")
                .asText())
        .isEqualTo("200m");
  }

  @Test
  void aPolicyMayAskForARestart() {
    create(
        "restarts",
        "100m",
        ",\"resizePolicy\":[{\"resourceName\":\"cpu\",\"restartPolicy\":\"RestartContainer\"}]");
    resize("restarts", "200m");
    k.eventually(() -> {
      assertThat(k.container("restarts").path("restartCount").asInt()).isEqualTo(1);
      assertThat(cpu("restarts")).isEqualTo("200m");
      assertThat(k.container("restarts").path("state").has("running")).isTrue();
    });
    assertThat(k.runtime.calls()).doesNotContain("updateContainerResources");
  }

  private double count(String name, String... tags) {
    return k.meters().get(name).tags(tags).counter().count();
  }

  private double gauge(String reason) {
    return k.meters().get("kubelet_pod_pending_resizes").tag("reason", reason).gauge().value();
  }

  @Test
  void whatThisNodeNeverHasIsInfeasible() {
    create("huge", "100m", "");
    resize("huge", "5000");
    k.eventually(() -> {
      JsonNode pending = condition("huge", "PodResizePending");
      assertThat(pending.path("reason").asText()).isEqualTo("Infeasible");
      assertThat(pending.path("message").asText())
          .startsWith("Node didn't have enough capacity: cpu, requested: 5000000, capacity: ");
    });
    assertThat(
            count(
                "kubelet_pod_infeasible_resizes_total",
                "reason_detail",
                "insufficient_node_allocatable"))
        .isOne();
    assertThat(gauge("infeasible")).isOne();
    assertThat(cpu("huge")).isEqualTo("100m");
    resize("huge", "100m");
    k.eventually(() -> assertThat(condition("huge", "PodResizePending").isEmpty()).isTrue());
  }

  @Test
  void whatOthersHaveIsWaitedFor() {
    long millis = Runtime.getRuntime().availableProcessors() * 1000L;
    create("big", millis - 300 + "m", "");
    create("waits", "100m", "");
    resize("waits", "400m");
    k.eventually(() -> {
      JsonNode pending = condition("waits", "PodResizePending");
      assertThat(pending.path("reason").asText()).isEqualTo("Deferred");
      assertThat(pending.path("message").asText())
          .startsWith("Node didn't have enough resource: cpu, requested: 400, used: ");
    });
    assertThat(gauge("deferred")).isOne();
    k.delete("big", DeleteOptions.now());
    k.eventually(() -> assertThat(cpu("waits")).isEqualTo("400m"));
    assertThat(k.container("waits").path("restartCount").asInt()).isZero();
    assertThat(
            count("kubelet_pod_deferred_accepted_resizes_total", "retry_trigger", "pods_removed"))
        .isOne();
    assertThat(
            count(
                "kubelet_container_requested_resizes_total",
                "resource",
                "cpu",
                "requirement",
                "requests",
                "operation",
                "increase"))
        .isOne();
    k.eventually(() -> {
      assertThat(gauge("deferred")).isZero();
      assertThat(k.meters().get("kubelet_pod_in_progress_resizes").gauge().value()).isZero();
      assertThat(
              k.meters()
                  .get("kubelet_pod_resize_duration_milliseconds")
                  .tag("success", "true")
                  .summary()
                  .count())
          .isOne();
    });
  }

  /** What was only wished for is not asked of the node when it is asked for room again. */
  @Test
  void aWishIsNoPromiseForTheNextKubeletEither() throws Exception {
    long millis = Runtime.getRuntime().availableProcessors() * 1000L;
    create("big", millis - 300 + "m", "");
    create("waits", "100m", "");
    resize("waits", "400m");
    k.eventually(() ->
        assertThat(condition("waits", "PodResizePending").path("reason").asText())
            .isEqualTo("Deferred"));
    k.restart();
    create("after", "100m", "");
    assertThat(k.container("waits").path("allocatedResources").path("cpu").asText())
        .isEqualTo("100m");
    assertThat(k.pod("waits").text("status", "phase")).isEqualTo("Running");
    assertThat(k.container("waits").path("restartCount").asInt()).isZero();
    k.eventually(() ->
        assertThat(condition("waits", "PodResizePending").path("reason").asText())
            .isEqualTo("Deferred"));
  }

  /** Its object stays in the API; what it was promised is free all the same. */
  @Test
  void whatAPodThatIsDoneHadIsFree() {
    long millis = Runtime.getRuntime().availableProcessors() * 1000L;
    k.create(
        "job",
        "\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"job\",\"image\":\"busybox:1\","
            + "\"resources\":{\"requests\":{\"cpu\":\""
            + (millis - 300)
            + "m\"}}}]");
    k.awaitPhase("job", "Running");
    create("waits", "100m", "");
    resize("waits", "400m");
    k.eventually(() -> assertThat(reason("waits")).isEqualTo("Deferred"));
    k.runtime.exit("job", 0);
    k.eventually(() -> assertThat(cpu("waits")).isEqualTo("400m"));
    k.eventually(() -> assertThat(reason("waits")).isEmpty());
    assertThat(k.pod("job").text("status", "phase")).isEqualTo("Succeeded");
  }

  /** All wait for the same room; that they are told of it in another order does not count. */
  @Test
  void roomGoesByPriorityThenQosThenTime() {
    long millis = Runtime.getRuntime().availableProcessors() * 1000L;
    String all = millis - 400 + "m";
    create("big", all, "");
    create("first", "50m", "");
    create("second", "50m", "");
    k.simple("sure", ",\"resources\":" + guaranteed("50m"));
    k.awaitPhase("sure", "Running");
    k.create(
        "urgent",
        "\"priority\":1000,\"containers\":[{\"name\":\"urgent\",\"image\":\"busybox:1\","
            + "\"resources\":{\"requests\":{\"cpu\":\"50m\"}}}]");
    k.awaitPhase("urgent", "Running");
    for (String pod : List.of("first", "second", "urgent")) {
      resize(pod, all);
      k.eventually(() -> assertThat(reason(pod)).isEqualTo("Deferred"));
    }
    resizeTo("sure", guaranteed(all));
    k.eventually(() -> assertThat(reason("sure")).isEqualTo("Deferred"));
    String has = "big";
    for (String next : List.of("urgent", "sure", "first", "second")) {
      k.delete(has, DeleteOptions.now());
      k.eventually(() -> assertThat(cpu(next)).isEqualTo(all));
      k.eventually(() -> assertThat(reason(next)).isEmpty());
      has = next;
    }
    k.eventually(() ->
        assertThat(k.events())
            .filteredOn(e ->
                e.startsWith("ResizeDeferred: Pod resize Deferred: {\"containers\":[")
                    && e.contains("\"error\":\"Node didn't have enough resource: cpu"))
            .hasSizeGreaterThanOrEqualTo(4));
  }

  private String reason(String pod) {
    return condition(pod, "PodResizePending").path("reason").asText();
  }

  private static String guaranteed(String cpu) {
    String amounts = "{\"cpu\":\"" + cpu + "\",\"memory\":\"16Mi\"}";
    return "{\"requests\":" + amounts + ",\"limits\":" + amounts + "}";
  }
}
