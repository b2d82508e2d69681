package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.ProcessOptions;
import dev.coracle.kubelet.internal.host.ProcessLimits;
import dev.coracle.kubelet.internal.node.SwapSpace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of a node is what its KubeletConfiguration says. */
class NodeAsConfiguredTest {
  @TempDir private Path described;
  private KubeletHarness k;

  static KubeletConfiguration configuration(String fields) {
    return KubeletConfiguration.parse(
        Json.parse(
            """
            {"apiVersion":"kubelet.config.k8s.io/v1beta1","kind":"KubeletConfiguration",%s}
            """
                .formatted(fields)));
  }

  private void start(String fields, UnaryOperator<Surroundings> machine) throws Exception {
    KubeletConfiguration chosen = configuration(fields);
    k = KubeletHarness.on(o -> o.withConfiguration(chosen), machine);
  }

  private void start(String fields) throws Exception {
    start(fields, around -> around);
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private KubeObject node() {
    return k.api.get(Resources.NODES, "", "n1").await().indefinitely();
  }

  private JsonNode lease() {
    return k.api.get(Resources.LEASES, "kube-node-lease", "n1").await().indefinitely().at("spec");
  }

  @Test
  void aNewNodeHasItsTaintsAndItsProvidersName() throws Exception {
    start(
        """
        "registerWithTaints":[{"key":"gpu","value":"yes","effect":"NoSchedule"},
          {"key":"example.com/new","effect":"NoExecute"}],"providerID":"lab://rack-1/n1"
        """);
    assertThat(node().at("spec", "taints"))
        .isEqualTo(
            Json.parse(
                """
                [{"key":"gpu","effect":"NoSchedule","value":"yes"},
                 {"key":"example.com/new","effect":"NoExecute"}]
                """));
    assertThat(node().text("spec", "providerID")).isEqualTo("lab://rack-1/n1");
  }

  @Test
  void theLeaseLastsAsLongAsAsked() throws Exception {
    start("\"nodeLeaseDurationSeconds\":30");
    assertThat(lease().path("leaseDurationSeconds").asInt()).isEqualTo(30);
    assertThat(k.options.heartbeat()).hasMillis(7500);
  }

  @Test
  void aLeaseThatIsThereGetsTheDurationToo() throws Exception {
    start("\"nodeLeaseDurationSeconds\":1");
    k.api
        .patch(
            Resources.LEASES,
            "kube-node-lease",
            "n1",
            Patch.merge(n -> n.putObject("spec").put("leaseDurationSeconds", 40)))
        .await()
        .indefinitely();
    k.eventually(() -> assertThat(lease().path("leaseDurationSeconds").asInt()).isEqualTo(1));
  }

  /** As of one that was made before the node was. */
  @Test
  void aLeaseOfNobodyBecomesTheNodes() throws Exception {
    start("\"nodeLeaseDurationSeconds\":1");
    k.api
        .patch(
            Resources.LEASES,
            "kube-node-lease",
            "n1",
            Patch.merge(n -> n.putObject("metadata").putNull("ownerReferences")))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(
                k.api
                    .get(Resources.LEASES, "kube-node-lease", "n1")
                    .await()
                    .indefinitely()
                    .at("metadata", "ownerReferences")
                    .path(0)
                    .path("uid")
                    .asText())
            .isEqualTo(node().uid()));
  }

  @Test
  void aNodeTakesNoMorePodsThanItsCoresAllow() throws Exception {
    start("\"podsPerCore\":3", MadeUpMachine.of(described, 1)::in);
    assertThat(node().text("status", "capacity", "pods")).isEqualTo("12");
    assertThat(node().text("status", "allocatable", "pods")).isEqualTo("12");
  }

  /** The leases and the status of the Node, and events, do not count. */
  @Test
  void noMoreIsAskedOfTheApiThanAsked() throws Exception {
    long begun = System.nanoTime();
    start("\"kubeAPIQPS\":2,\"kubeAPIBurst\":1");
    k.simple("c", "");
    k.awaitPhase("c", "Running");
    assertThat(Duration.ofNanos(System.nanoTime() - begun))
        .as("two lists and two watches at least, of pods and of Services")
        .isGreaterThanOrEqualTo(Duration.ofMillis(1500));
    assertThat(lease().path("holderIdentity").asText()).isEqualTo("n1");
  }

  private static long openFiles() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/limits")).stream()
        .filter(line -> line.startsWith("Max open files"))
        .map(line -> line.split(" {2,}"))
        .peek(f -> assertThat(f[1]).isEqualTo(f[2]))
        .mapToLong(f -> Long.parseLong(f[1]))
        .findFirst()
        .orElseThrow();
  }

  /** One file less hurts nobody; more than the kernel has for any process is told, and not so. */
  @Test
  void theKernelIsToldWhatTheProcessMayHave() throws Exception {
    Path score = Path.of("/proc/self/oom_score_adj");
    String before = Files.readString(score).strip();
    int other = Integer.parseInt(before) == 1000 ? 1000 : Integer.parseInt(before) + 1;
    long files = openFiles();
    try {
      start("\"oomScoreAdj\":%d,\"maxOpenFiles\":%d".formatted(other, files - 1));
      assertThat(Files.readString(score).strip()).isEqualTo(Integer.toString(other));
      assertThat(openFiles()).isEqualTo(files - 1);
      ProcessLimits.apply(new ProcessOptions(OptionalInt.empty(), OptionalLong.of(1L << 40)));
      assertThat(openFiles()).isEqualTo(files - 1);
    } finally {
      Files.writeString(score, before);
      ProcessLimits.apply(new ProcessOptions(OptionalInt.empty(), OptionalLong.of(files)));
    }
  }

  @Test
  void norMoreThanItsMaximum() throws Exception {
    start("\"podsPerCore\":3,\"maxPods\":7", MadeUpMachine.of(described, 1)::in);
    assertThat(node().text("status", "capacity", "pods")).isEqualTo("7");
  }

  @Test
  void swapIsTold() throws Exception {
    start("\"failSwapOn\":false", around -> around.withSwap(new SwapSpace(2L << 30, true)));
    assertThat(node().at("status", "nodeInfo", "swap", "capacity").asLong()).isEqualTo(2L << 30);
  }

  @Test
  void noMoreImagesAreToldThanAsked() throws Exception {
    start("\"nodeStatusMaxImages\":1,\"nodeStatusUpdateFrequency\":\"50ms\"");
    assertThat(node().at("status", "images")).hasSize(1);
    k.runtime.image("second:1");
    String before = node().resourceVersion();
    k.eventually(() -> assertThat(node().resourceVersion()).isNotEqualTo(before));
    assertThat(node().at("status", "images")).hasSize(1);
  }

  /**
   * Upstream's rule: how often it is told is how often it is looked at, where only that is said.
   */
  @Test
  void theNodeIsToldThoughNothingHasChanged() throws Exception {
    start("\"nodeStatusUpdateFrequency\":\"50ms\"");
    String heartbeat = heartbeat();
    k.eventually(() -> assertThat(heartbeat()).isNotEqualTo(heartbeat));
  }

  private String heartbeat() {
    return node().at("status", "conditions").path(0).path("lastHeartbeatTime").asText();
  }

  @Test
  void whatHasChangedIsSeenAsOftenAsAsked() throws Exception {
    start("\"nodeStatusUpdateFrequency\":\"50ms\",\"nodeStatusReportFrequency\":\"1h\"");
    k.runtime.image("second:1");
    k.eventually(() -> assertThat(node().at("status", "images")).hasSize(2));
  }

  @Test
  void eventsAreToldNoFasterThanAsked() throws Exception {
    long before = System.nanoTime();
    start("\"eventRecordQPS\":1,\"eventBurst\":1");
    k.eventually(() -> assertThat(k.events()).hasSizeGreaterThanOrEqualTo(3));
    assertThat(Duration.ofNanos(System.nanoTime() - before))
        .isGreaterThanOrEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void aNodeThatSomebodyElseMakesIsToldOfOnceItIsThere() throws Exception {
    start("\"registerNode\":false,\"nodeStatusUpdateFrequency\":\"50ms\"");
    k.eventually(() -> assertThat(lease().path("holderIdentity").asText()).isEqualTo("n1"));
    assertThat(k.api.list(Resources.NODES, "", ListOptions.ALL).await().indefinitely().items())
        .isEmpty();
    k.api
        .create(
            Resources.NODES,
            KubeObject.create(new GroupVersionKind("", "v1", "Node"), "", "n1", tree -> {}))
        .await()
        .indefinitely();
    k.eventually(
        () -> assertThat(node().text("status", "nodeInfo", "operatingSystem")).isEqualTo("linux"));
    assertThat(node().labels()).doesNotContainKey("kubernetes.io/hostname");
  }
}
