package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pods that use more of the node's disk than they may. */
class LocalStorageEvictionTest {
  private static final byte[] TWO_MIB = new byte[2 << 20];

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void assertEvicted(String pod, String limit, String message) {
    k.kubelet().lookForPressure();
    k.awaitPhase(pod, "Failed");
    assertThat(k.pod(pod).text("status", "reason")).isEqualTo("Evicted");
    assertThat(k.pod(pod).text("status", "message")).isEqualTo(message);
    for (JsonNode c : k.pod(pod).at("status", "conditions")) {
      assertThat(c.path("type").asText()).as("it did so itself").isNotEqualTo("DisruptionTarget");
    }
    assertThat(k.meters().get("kubelet_evictions").tag("eviction_signal", limit).counter().count())
        .isOne();
    k.eventually(() -> assertThat(k.events()).contains("Evicted: " + message));
  }

  @Test
  void anEmptyDirAboveItsSizeLimitEndsItsPodOnly() throws Exception {
    KubeObject made =
        k.create(
            "fat",
            """
            "volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}}],
            "containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"v","mountPath":"/v"}]}]
            """);
    k.create(
        "thin",
        """
        "volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Mi"}}],
        "containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"v","mountPath":"/v"}]}]
        """);
    k.awaitPhase("fat", "Running");
    k.awaitPhase("thin", "Running");
    Path volume =
        k.options
            .rootDir()
            .resolve("pods")
            .resolve(made.uid())
            .resolve("volumes/kubernetes.io~empty-dir/v");
    Files.write(volume.resolve("file"), TWO_MIB);
    assertEvicted(
        "fat", "emptydirfs.limit", "Usage of EmptyDir volume \"v\" exceeds the limit \"1Mi\". ");
    assertThat(k.pod("thin").text("status", "phase")).isEqualTo("Running");
  }

  @Test
  void aPodAboveTheLimitsOfItsContainersEnds() throws Exception {
    KubeObject made =
        k.simple("loud", ",\"resources\":{\"limits\":{\"ephemeral-storage\":\"1Mi\"}}");
    k.awaitPhase("loud", "Running");
    Path logs = k.options.podLogsDir().resolve("default_loud_" + made.uid()).resolve("loud");
    Files.write(Files.createDirectories(logs).resolve("0.log"), TWO_MIB);
    assertEvicted(
        "loud",
        "ephemeralpodfs.limit",
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ");
  }

  @Test
  void aContainerAboveItsOwnLimitEndsItsPod() throws Exception {
    KubeObject made =
        k.create(
            "mixed",
            """
            "containers":[{"name":"a","image":"busybox:1","resources":{"limits":{"ephemeral-storage":"1Mi"}}},
              {"name":"b","image":"busybox:1","resources":{"limits":{"ephemeral-storage":"9Mi"}}}]
            """);
    k.awaitPhase("mixed", "Running");
    Path logs = k.options.podLogsDir().resolve("default_mixed_" + made.uid()).resolve("a");
    Files.write(Files.createDirectories(logs).resolve("0.log"), TWO_MIB);
    assertEvicted(
        "mixed",
        "ephemeralcontainerfs.limit",
        "Container a exceeded its local ephemeral storage limit \"1Mi\". ");
  }

  /** The limits of some of a pod's containers are those of the pod. */
  @Test
  void aContainerWithoutALimitCountsForThoseThatHaveOne() throws Exception {
    KubeObject made =
        k.create(
            "half",
            """
            "containers":[{"name":"a","image":"busybox:1","resources":{"limits":{"ephemeral-storage":"1Mi"}}},
              {"name":"b","image":"busybox:1"}]
            """);
    k.create(
        "critical",
        """
        "priority":2000000000,
        "containers":[{"name":"critical","image":"busybox:1","resources":{"limits":{"ephemeral-storage":"1"}}}]
        """);
    k.awaitPhase("half", "Running");
    k.awaitPhase("critical", "Running");
    for (String dir :
        new String[] {
          "default_half_" + made.uid() + "/b",
          "default_critical_" + k.pod("critical").uid() + "/critical"
        }) {
      Path logs = Files.createDirectories(k.options.podLogsDir().resolve(dir));
      Files.write(logs.resolve("0.log"), TWO_MIB);
    }
    assertEvicted(
        "half",
        "ephemeralpodfs.limit",
        "Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ");
    assertThat(k.pod("critical").text("status", "phase")).as("never").isEqualTo("Running");
  }
}
