package dev.coracle.kubelet.internal.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.host.Timers;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeStatusManagerTest {
  private final FakeClient api = new FakeClient();
  private final Timers timers = new Timers("test", Clock.systemUTC());
  private NodeStatusManager manager;

  @BeforeEach
  void start(@TempDir Path directory) {
    manager =
        new NodeStatusManager(
            api,
            new FakeRuntime(),
            timers,
            KubeletOptions.of(
                "n1", "192.0.2.1", directory.resolve("kubelet"), directory.resolve("logs"), "fake"),
            Machine.read(),
            SwapSpace.NONE,
            Optional::empty);
    manager.start();
  }

  @AfterEach
  void stop() {
    manager.stop();
    timers.close();
  }

  private static String ready(KubeObject node) {
    for (JsonNode condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  private KubeObject node() {
    return api.get(Resources.NODES, "", "n1").await().indefinitely();
  }

  private KubeObject unknown() {
    ObjectNode body = Json.object();
    body.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "Unknown")
        .put("reason", "NodeStatusUnknown");
    return api.patch(
            Resources.NODES,
            "",
            "n1",
            new Patch(PatchType.STRATEGIC_MERGE, body, false),
            "status",
            WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private KubeObject tainted() {
    JsonNode body =
        Json.parse(
            """
            {"spec":{"taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}]}}
            """);
    return api.patch(Resources.NODES, "", "n1", new Patch(PatchType.STRATEGIC_MERGE, body, false))
        .await()
        .indefinitely();
  }

  @Test
  void aNodeThatWasCalledLostSaysThatItIsReady() {
    manager.seen(unknown());
    assertThat(ready(node())).isEqualTo("True");
  }

  /** The two changes come together when the node is back, and are taken in side by side. */
  @Test
  void aNodeThatHearsOfItsTaintBeforeItsStatusSaysThatItIsReady() {
    KubeObject lost = unknown();
    KubeObject tainted = tainted();
    manager.learn(tainted);
    manager.seen(lost);
    assertThat(ready(node())).isEqualTo("True");
  }

  @Test
  void whatThisKubeletCanIsDeclared() {
    assertThat(node().at("status", "declaredFeatures").toString())
        .isEqualTo(
            "[\"ExtendWebSocketsToKubelet\",\"InPlacePodLevelResourcesVerticalScaling\","
                + "\"InPlacePodVerticalScalingInitContainers\","
                + "\"RestartAllContainersOnContainerExits\"]");
  }

  @Test
  void whatItWroteItselfIsNoReasonToWriteAgain() {
    manager.seen(node());
    String version = node().resourceVersion();
    manager.seen(node());
    assertThat(node().resourceVersion()).isEqualTo(version);
  }
}
