package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.kubelet.config.EvictionSignal;
import dev.coracle.kubelet.config.EvictionThreshold.Observation;
import dev.coracle.kubelet.config.KubeletConfiguration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node that runs short of something. */
class NodePressureTest {
  private static final String CRITICAL = "\"priority\":2000000000,";

  private final Map<EvictionSignal, Observation> room = new ConcurrentHashMap<>();
  private KubeletHarness k;

  private void start(String configuration) throws Exception {
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(4L << 30, 8L << 30));
    KubeletConfiguration chosen =
        KubeletConfiguration.parse(
            Json.parse(
                """
                {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration"%s}
                """
                    .formatted(configuration)));
    k = KubeletHarness.withRoom(o -> o.withConfiguration(chosen), () -> Map.copyOf(room));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void create(String name, String spec, String resources) {
    k.create(
        name,
        spec
            + "\"containers\":[{\"name\":\""
            + name
            + "\",\"image\":\"busybox:1\""
            + resources
            + "}]");
    k.awaitPhase(name, "Running");
  }

  private JsonNode nodeCondition(String type) {
    JsonNode node = k.api.get(Resources.NODES, "", "n1").await().indefinitely().at("status");
    for (JsonNode c : node.path("conditions")) {
      if (c.path("type").asText().equals(type)) {
        return c;
      }
    }
    return Json.object();
  }

  @Test
  void memoryEndsThePodFurthestAboveItsRequestAndNoCriticalOne() throws Exception {
    start("");
    create("critical", CRITICAL, "");
    create("modest", "", ",\"resources\":{\"requests\":{\"memory\":\"1Gi\"}}");
    create("hungry", "", ",\"resources\":{\"requests\":{\"memory\":\"10Mi\"}}");
    k.runtime.uses("critical", 3L << 30);
    k.runtime.uses("modest", 512L << 20);
    k.runtime.uses("hungry", 100L << 20);
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(50L << 20, 8L << 30));
    k.kubelet().lookForPressure();
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(4L << 30, 8L << 30));
    k.awaitPhase("hungry", "Failed");
    assertThat(k.pod("hungry").text("status", "reason")).isEqualTo("Evicted");
    assertThat(k.pod("hungry").text("status", "message"))
        .isEqualTo(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. "
                + "Container hungry was using 100Mi, request is 10Mi, has larger consumption of"
                + " memory. ");
    assertThat(
            k.meters()
                .get("kubelet_evictions")
                .tag("eviction_signal", "memory.available")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(
            k.meters()
                .get("kubelet_eviction_stats_age")
                .tag("eviction_signal", "memory.available")
                .timer()
                .count())
        .isOne();
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer hungry 1"));
    assertThat(k.pod("modest").text("status", "phase")).isEqualTo("Running");
    assertThat(k.pod("critical").text("status", "phase")).isEqualTo("Running");
    k.eventually(() -> {
      assertThat(nodeCondition("MemoryPressure").path("status").asText()).isEqualTo("True");
      assertThat(k.events()).contains("EvictionThresholdMet: Attempting to reclaim memory");
    });
  }

  @Test
  void aSoftThresholdLeavesAPodTheGraceThatIsAllowed() throws Exception {
    start(
        """
        ,"evictionSoft":{"memory.available":"1Gi"},
        "evictionSoftGracePeriod":{"memory.available":"1ns"},
        "evictionMaxPodGracePeriod":3
        """);
    create("gentle", "", "");
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(512L << 20, 8L << 30));
    k.kubelet().lookForPressure();
    k.kubelet().lookForPressure();
    k.awaitPhase("gentle", "Failed");
    // The phase is told while the pod still ends.
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer gentle 3"));
  }

  /** What it has is not free before it has ended; until then no other one goes for it. */
  @Test
  void noSecondPodGoesWhileTheFirstOneStillEnds() throws Exception {
    start("");
    CountDownLatch go = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer")) {
        try {
          go.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    create("first", "\"priority\":1,", "");
    create("second", "\"priority\":2,", "");
    k.runtime.uses("first", 100L << 20);
    k.runtime.uses("second", 100L << 20);
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(50L << 20, 8L << 30));
    k.kubelet().lookForPressure();
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer first 1"));
    k.kubelet().lookForPressure();
    k.kubelet().lookForPressure();
    assertThat(evictions()).isEqualTo(1);
    go.countDown();
    k.awaitPhase("first", "Failed");
    k.eventually(() -> {
      k.kubelet().lookForPressure();
      assertThat(evictions()).isEqualTo(2);
    });
    k.awaitPhase("second", "Failed");
  }

  private double evictions() {
    return k.meters()
        .get("kubelet_evictions")
        .tag("eviction_signal", "memory.available")
        .counter()
        .count();
  }

  /** KEP-2837. */
  @Test
  void whatIsAskedForThePodAsAWholeCountsAsItsRequest() throws Exception {
    start("");
    create("modest", "\"resources\":{\"requests\":{\"memory\":\"1Gi\"}},", "");
    create("hungry", "", ",\"resources\":{\"requests\":{\"memory\":\"10Mi\"}}");
    k.runtime.uses("modest", 512L << 20);
    k.runtime.uses("hungry", 100L << 20);
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(50L << 20, 8L << 30));
    k.kubelet().lookForPressure();
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(4L << 30, 8L << 30));
    k.awaitPhase("hungry", "Failed");
    assertThat(k.pod("modest").text("status", "phase")).isEqualTo("Running");
  }

  @Test
  void processIdsAreTakenFromTheLeastImportantAndNoMorePodsAreLetIn() throws Exception {
    start(",\"evictionHard\":{\"pid.available\":\"10%\"}");
    create("important", "\"priority\":100,", "");
    create("other", "\"priority\":1,", "");
    room.put(EvictionSignal.PID_AVAILABLE, new Observation(99, 1000));
    k.kubelet().lookForPressure();
    room.put(EvictionSignal.PID_AVAILABLE, new Observation(900, 1000));
    k.awaitPhase("other", "Failed");
    assertThat(k.pod("other").text("status", "message"))
        .isEqualTo("The node was low on resource: pids. Threshold quantity: 100, available: 99. ");
    assertThat(k.pod("important").text("status", "phase")).isEqualTo("Running");
    k.eventually(() ->
        assertThat(nodeCondition("PIDPressure").path("reason").asText())
            .isEqualTo("KubeletHasInsufficientPID"));
    k.simple("late", "");
    k.awaitPhase("late", "Failed");
    assertThat(k.pod("late").text("status", "message"))
        .isEqualTo("Pod was rejected: The node had condition: [PIDPressure]. ");
    create("needed", CRITICAL, "");
  }

  @Test
  void anImageThatHasJustComeIsNotTidiedAway() throws Exception {
    start("");
    k.runtime.image("unused:1");
    create("lives", "", "");
    room.put(EvictionSignal.IMAGEFS_AVAILABLE, new Observation(100, 1000));
    k.kubelet().lookForPressure();
    k.awaitPhase("lives", "Failed");
    assertThat(k.runtime.calls()).doesNotContain("removeImage sha256:unused:1");
  }

  @Test
  void theDiskIsTidiedBeforeAPodIsEnded() throws Exception {
    start(",\"imageMinimumGCAge\":\"1ns\"");
    k.runtime.image("unused:1");
    create("over", "\"restartPolicy\":\"Never\",", "");
    create("lives", "", "");
    k.runtime.exit("over", 0);
    k.awaitPhase("over", "Succeeded");
    k.kubelet().ended(k.pod("over").uid()).toCompletableFuture().get(30, TimeUnit.SECONDS);
    k.runtime.failing(call -> {
      if (call.startsWith("removeImage")) {
        room.put(EvictionSignal.IMAGEFS_AVAILABLE, new Observation(500, 1000));
      }
      return java.util.Optional.empty();
    });
    room.put(EvictionSignal.IMAGEFS_AVAILABLE, new Observation(100, 1000));
    k.kubelet().lookForPressure();
    assertThat(k.runtime.calls())
        .contains("removeImage sha256:unused:1")
        .anyMatch(c -> c.startsWith("removeContainer"))
        .doesNotContain("removeImage sha256:busybox:1");
    assertThat(
            k.meters()
                .get("kubelet_image_garbage_collected_total")
                .tag("reason", "space")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(k.pod("lives").text("status", "phase")).isEqualTo("Running");
    assertThat(k.pod("over").text("status", "phase")).isEqualTo("Succeeded");
    k.eventually(
        () -> assertThat(nodeCondition("DiskPressure").path("status").asText()).isEqualTo("True"));
  }

  @Test
  void anImageThatIsAVolumeIsInUse() throws Exception {
    start(",\"imageMinimumGCAge\":\"1ns\"");
    k.runtime.image("data:1");
    k.runtime.image("unused:1");
    create(
        "reads",
        "\"volumes\":[{\"name\":\"d\",\"image\":{\"reference\":\"data:1\"}}],",
        ",\"volumeMounts\":[{\"name\":\"d\",\"mountPath\":\"/d\"}]");
    room.put(EvictionSignal.IMAGEFS_AVAILABLE, new Observation(100, 1000));
    k.kubelet().lookForPressure();
    assertThat(k.runtime.calls())
        .contains("removeImage sha256:unused:1")
        .doesNotContain("removeImage sha256:data:1");
  }

  @Test
  void eventsTellWhatTheNodeLacks() throws Exception {
    start("");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Starting: Starting kubelet.",
                "NodeHasSufficientMemory: Node n1 status is now: NodeHasSufficientMemory",
                "NodeHasNoDiskPressure: Node n1 status is now: NodeHasNoDiskPressure",
                "NodeHasSufficientPID: Node n1 status is now: NodeHasSufficientPID"));
    room.put(EvictionSignal.MEMORY_AVAILABLE, new Observation(50L << 20, 8L << 30));
    k.kubelet().lookForPressure();
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "NodeHasInsufficientMemory: Node n1 status is now: NodeHasInsufficientMemory"));
    k.api
        .patch(
            Resources.NODES,
            "",
            "n1",
            Patch.merge(node -> node.putObject("spec").put("unschedulable", true)))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(k.events())
            .contains("NodeNotSchedulable: Node n1 status is now: NodeNotSchedulable"));
    assertThat(k.events()).noneMatch(e -> e.startsWith("NodeReady") || e.startsWith("Rebooted"));
  }
}
