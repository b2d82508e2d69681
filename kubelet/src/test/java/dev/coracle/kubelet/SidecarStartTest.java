package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How pods start whose sidecar does not stay (KEP-753). */
class SidecarStartTest {
  private KubeletHarness k;

  /** What has crashed twice waits longer than any test. */
  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness(o -> o.withRestartBackOff(Duration.ofMinutes(5), Duration.ofMinutes(5)));
    k.create(
        "web",
        """
        "initContainers":[{"name":"side","image":"busybox:1","restartPolicy":"Always"},
          {"name":"init","image":"busybox:1"}],
        "containers":[{"name":"app","image":"busybox:1"}]
        """);
    k.eventually(() -> assertThat(k.runtime.running("init")).isPresent());
    crash(0);
    k.eventually(() -> assertThat(side().path("restartCount").asInt()).isOne());
    crash(1);
    k.eventually(() ->
        assertThat(side().at("/state/waiting/reason").asText()).isEqualTo("CrashLoopBackOff"));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void crash(int restarts) {
    k.eventually(() -> {
      assertThat(k.runtime.running("side")).isPresent();
      assertThat(side().path("restartCount").asInt()).isEqualTo(restarts);
    });
    k.runtime.exit("side", 1);
  }

  private JsonNode side() {
    return k.pod("web").at("status", "initContainerStatuses").path(0);
  }

  @Test
  void aSidecarThatCrashesHoldsUpNeitherTheStartNorTheRestartOfOthers() {
    k.runtime.exit("init", 0);
    k.awaitPhase("web", "Running");
    k.eventually(() -> assertThat(k.container("web").path("state").has("running")).isTrue());
    assertThat(k.condition("web", "Initialized")).isEqualTo("True");
    assertThat(k.condition("web", "Ready")).isEqualTo("False");
    k.runtime.exit("app", 1);
    k.eventually(() -> {
      assertThat(k.container("web").path("restartCount").asInt()).isOne();
      assertThat(k.container("web").path("state").has("running")).isTrue();
    });
    assertThat(side().at("/state/waiting/reason").asText()).isEqualTo("CrashLoopBackOff");
  }
}
