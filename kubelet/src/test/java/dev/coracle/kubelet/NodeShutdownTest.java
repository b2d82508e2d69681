package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.Resources;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.ShutdownOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node that goes away with grace (KEP-2000). */
class NodeShutdownTest {
  private static final String MESSAGE = "Pod was terminated in response to imminent node shutdown.";

  private KubeletHarness k;

  private void start(Duration all, Duration critical) throws Exception {
    k =
        new KubeletHarness(o ->
            o.withConfiguration(
                KubeletConfiguration.DEFAULT.withShutdown(ShutdownOptions.of(all, critical))));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void shutDown() throws Exception {
    k.kubelet().shutDown().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void create(String name, String spec) {
    k.create(name, spec + "\"containers\":[{\"name\":\"" + name + "\",\"image\":\"busybox:1\"}]");
  }

  private JsonNode ready() {
    for (JsonNode c :
        k.api.get(Resources.NODES, "", "n1").await().indefinitely().at("status", "conditions")) {
      if (c.path("type").asText().equals("Ready")) {
        return c;
      }
    }
    return Json.object();
  }

  @Test
  void podsFailWithTheirReasonAndCriticalOnesEndLast() throws Exception {
    start(Duration.ofSeconds(5), Duration.ofSeconds(2));
    create("critical", "\"priority\":2000000000,");
    create("web", "");
    create("done", "\"restartPolicy\":\"Never\",");
    for (String pod : List.of("critical", "web", "done")) {
      k.awaitPhase(pod, "Running");
    }
    k.runtime.exit("done", 0);
    k.awaitPhase("done", "Succeeded");
    shutDown();
    for (String pod : List.of("critical", "web")) {
      JsonNode status = k.pod(pod).at("status");
      assertThat(status.path("phase").asText()).isEqualTo("Failed");
      assertThat(status.path("reason").asText()).isEqualTo("Terminated");
      assertThat(status.path("message").asText()).isEqualTo(MESSAGE);
      assertThat(k.condition(pod, "DisruptionTarget")).isEqualTo("True");
    }
    assertThat(k.pod("done").text("status", "phase")).isEqualTo("Succeeded");
    // Each has what its group gives, or less when it asks for less (its own is 5 s).
    assertThat(k.runtime.calls())
        .filteredOn(c -> c.startsWith("stopContainer"))
        .containsExactly("stopContainer web 3", "stopContainer critical 2");
    assertThat(ready().path("status").asText()).isEqualTo("False");
    assertThat(ready().path("reason").asText()).isEqualTo("KubeletNotReady");
    assertThat(ready().path("message").asText()).isEqualTo("node is shutting down");
    k.eventually(() ->
        assertThat(k.events()).contains("Shutdown: Shutdown manager detected shutdown event"));
  }

  private double metric(String name) {
    return k.meters().get("kubelet_graceful_shutdown_" + name + "_time_seconds").gauge().value();
  }

  /** Who wants to know asks the next kubelet. */
  @Test
  void whenItWasIsKnownAfterwards() throws Exception {
    start(Duration.ofSeconds(2), Duration.ZERO);
    assertThat(metric("start")).isZero();
    double before = Instant.now().toEpochMilli() / 1000.0;
    shutDown();
    assertThat(metric("start")).isBetween(before, metric("end"));
    Path kept = k.data.resolve("kubelet/graceful_node_shutdown_state");
    JsonNode state = Json.parse(Files.readString(kept));
    assertThat(Instant.parse(state.path("startTime").asText()).toEpochMilli() / 1000.0)
        .isEqualTo(metric("start"));
    assertThat(Instant.parse(state.path("endTime").asText()).toEpochMilli() / 1000.0)
        .isEqualTo(metric("end"));
    double end = metric("end");
    k.restart();
    k.eventually(() -> assertThat(metric("end")).isEqualTo(end));
  }

  @Test
  void aPodThatComesNowIsRefused() throws Exception {
    start(Duration.ofSeconds(2), Duration.ZERO);
    shutDown();
    k.simple("late", "");
    k.awaitPhase("late", "Failed");
    assertThat(k.pod("late").text("status", "reason")).isEqualTo("NodeShutdown");
    assertThat(k.pod("late").text("status", "message"))
        .isEqualTo("Pod was rejected: Pod was rejected as the node is shutting down.");
  }

  @Test
  void withoutTimeGivenNothingIsDone() throws Exception {
    start(Duration.ZERO, Duration.ZERO);
    create("web", "");
    k.awaitPhase("web", "Running");
    shutDown();
    assertThat(k.runtime.running("web")).isPresent();
    assertThat(ready().path("status").asText()).isEqualTo("True");
  }
}
