package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.config.SimulationOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole kubelet, many times, on pretended machines. */
class SimulatedNodesTest {
  @TempDir Path directory;
  private final FakeClient api = new FakeClient();
  private final Vertx vertx = Vertx.vertx();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private SimulatedNodes nodes;

  @BeforeEach
  void start() throws Exception {
    nodes =
        new SimulatedNodes(
            vertx, name -> api, SimulationOptions.of(3), directory.resolve("simulated"), registry);
    nodes.start().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() throws Exception {
    nodes.stop().toCompletableFuture().get(30, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private KubeObject pod(String name, String annotations, String restartPolicy) {
    api.create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"%s","namespace":"default","annotations":{%s}},
                 "spec":{"nodeName":"simulated-1","restartPolicy":"%s",
                  "volumes":[{"name":"v","configMap":{"name":"nowhere"}}],
                  "containers":[{"name":"c","image":"example.com/app:1",
                   "volumeMounts":[{"name":"v","mountPath":"/v"}]}]}}
                """
                    .formatted(name, annotations, restartPolicy)))
        .await()
        .indefinitely();
    return read(name);
  }

  private KubeObject read(String name) {
    return api.get(Resources.PODS, "default", name).await().indefinitely();
  }

  private void eventually(Runnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(check::run);
  }

  private void awaitPhase(String name, String phase) {
    eventually(() -> assertThat(read(name).text("status", "phase")).isEqualTo(phase));
  }

  private JsonNode container(String name) {
    return read(name).at("status", "containerStatuses").path(0);
  }

  @Test
  void everyNodeIsReadyAndRenewsItsLease() {
    for (int i = 0; i < 3; i++) {
      KubeObject node = api.get(Resources.NODES, "", SimulatedNodes.name(i)).await().indefinitely();
      assertThat(node.at("status", "conditions"))
          .anyMatch(c ->
              c.path("type").asText().equals("Ready") && c.path("status").asText().equals("True"));
      assertThat(node.text("status", "capacity", "cpu")).isEqualTo("32");
      assertThat(node.text("spec", "podCIDR")).isEqualTo("100.64." + i + ".0/24");
      assertThat(
              api.get(Resources.LEASES, "kube-node-lease", SimulatedNodes.name(i))
                  .await()
                  .indefinitely()
                  .text("spec", "holderIdentity"))
          .isEqualTo(SimulatedNodes.name(i));
    }
  }

  @Test
  void aPodRunsWithAnAddressOfItsNodeAndGoesWhenItIsDeleted() {
    pod("web", "", "Always");
    awaitPhase("web", "Running");
    assertThat(read("web").text("status", "podIP")).startsWith("100.64.1.");
    assertThat(container("web").path("ready").asBoolean()).isTrue();
    assertThat(registry.get("kubelet_running_pods").gauge().value()).isEqualTo(1);
    eventually(() ->
        assertThat(registry.get("kubelet_pod_start_total_duration").timers())
            .as("one for all nodes")
            .hasSize(1)
            .first()
            .satisfies(timer -> assertThat(timer.count()).isOne()));
    assertThat(
            registry
                .get("volume_manager_total_volumes")
                .tag("state", "actual_state_of_world")
                .gauges())
        .hasSize(1);

    api.delete(Resources.PODS, "default", "web", DeleteOptions.DEFAULT).await().indefinitely();
    eventually(() ->
        assertThat(
                api.list(Resources.PODS, "default", ListOptions.ALL).await().indefinitely().items())
            .isEmpty());
  }

  @Test
  void aPodEndsAsItsAnnotationsSay() {
    pod(
        "job",
        "\"simulation.coracle.dev/runs-for\":\"50ms\",\"simulation.coracle.dev/exit-code\":\"3\"",
        "Never");
    awaitPhase("job", "Failed");
    assertThat(container("job").path("state").path("terminated").path("exitCode").asInt())
        .isEqualTo(3);
  }

  @Test
  void aStartThatFailsIsToldAsUpstreamTellsIt() {
    pod("broken", "\"simulation.coracle.dev/failures\":\"1\"", "Always");
    eventually(() ->
        assertThat(container("broken").path("state").path("waiting").path("reason").asText())
            .isIn("RunContainerError", "CrashLoopBackOff"));
  }

  @Test
  void nothingIsLeftOnDisk() throws Exception {
    pod("web", "", "Always");
    awaitPhase("web", "Running");
    nodes.stop().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(Files.exists(directory.resolve("simulated"))).isFalse();
  }
}
