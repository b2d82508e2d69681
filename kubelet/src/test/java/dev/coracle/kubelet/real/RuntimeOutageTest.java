package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A container runtime that is killed and comes back: a real containerd. */
class RuntimeOutageTest extends KubeletOnRuntime {
  private Containerd daemon;

  @Override
  RealRuntime runtime(Vertx onVertx) throws Exception {
    daemon = Containerd.start();
    return daemon;
  }

  private JsonNode ready() {
    KubeObject node = api.get(Resources.NODES, "", "node1").await().indefinitely();
    for (JsonNode condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition;
      }
    }
    throw new AssertionError("the node has no condition Ready");
  }

  private JsonNode container(String pod) {
    return pod(pod).at("status", "containerStatuses").path(0);
  }

  private static void eventually(Runnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(check::run);
  }

  private void sleeper(String name, String seconds, String probes) {
    create(
        name,
        """
        "containers":[{"name":"c","image":"test.local/busybox:1",
         "imagePullPolicy":"IfNotPresent","command":["/bin/sleep","%s"]%s}]
        """
            .formatted(seconds, probes));
  }

  private boolean event(String pod, String reason, String words) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .anyMatch(e ->
            e.text("involvedObject", "name").equals(pod)
                && e.text("reason").equals(reason)
                && e.text("message").startsWith(words));
  }

  @Test
  void podsGoOnAndWhatHappenedMeanwhileIsLearnt() throws Exception {
    // What a probe cannot ask says nothing of the container, so that the outage ends none.
    String probe =
        "{\"exec\":{\"command\":[\"/bin/true\"]},\"periodSeconds\":1,\"timeoutSeconds\":10,\"failureThreshold\":1}";
    String staying = Processes.marked();
    String dying = Processes.marked();
    sleeper("stays", staying, ",\"livenessProbe\":" + probe + ",\"readinessProbe\":" + probe);
    sleeper("dies", dying, "");
    awaitTrue("stays", KubeletOnRuntime::ready);
    awaitTrue("dies", KubeletOnRuntime::ready);
    String id = container("stays").path("containerID").asText();
    List<Long> process = Processes.having(staying);
    daemon.kill();
    eventually(() -> {
      assertThat(ready().path("status").asText()).isEqualTo("False");
      assertThat(ready().path("reason").asText()).isEqualTo("KubeletNotReady");
      assertThat(ready().path("message").asText()).startsWith("container runtime is down");
    });
    // The node cannot do anything about either, and says nothing untrue of what goes on.
    sleeper("waits", Processes.marked(), "");
    for (String kind : List.of("Liveness", "Readiness")) {
      eventually(() ->
          assertThat(
                  event(
                      "stays",
                      "Unhealthy",
                      kind
                          + " probe errored and resulted in unknown state: rpc error: code ="
                          + " Unavailable desc = "))
              .isTrue());
    }
    assertThat(ready(pod("stays"))).isTrue();
    assertThat(Processes.kill(dying)).isEqualTo(1);
    assertThat(Processes.having(staying)).isEqualTo(process);
    assertThat(pod("stays").text("status", "phase")).isEqualTo("Running");
    daemon.launch();
    eventually(() -> assertThat(ready().path("status").asText()).isEqualTo("True"));
    awaitTrue("waits", KubeletOnRuntime::ready);
    eventually(() -> {
      assertThat(container("dies").path("restartCount").asInt()).isEqualTo(1);
      assertThat(container("dies").path("lastState").path("terminated").path("exitCode").asInt())
          .isEqualTo(137);
    });
    assertThat(Processes.having(staying)).as("the other pod is untouched").isEqualTo(process);
    assertThat(container("stays").path("containerID").asText()).isEqualTo(id);
    assertThat(container("stays").path("restartCount").asInt()).isZero();
    assertThat(ready(pod("stays"))).isTrue();
    assertThat(event("stays", "Killing", "")).isFalse();
    for (String name : List.of("stays", "dies", "waits")) {
      delete(name);
    }
  }
}
