package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One container's exit lets all of its pod begin anew (KEP-5532). */
class RestartAllTest {
  private static final String RULES =
      """
      "restartPolicy":"Never","restartPolicyRules":[
        {"action":"RestartAllContainers","exitCodes":{"operator":"In","values":[42]}}]
      """;

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
    k.create(
        "pod",
        """
        "restartPolicy":"Never",
        "initContainers":[{"name":"first","image":"busybox:1"},
          {"name":"side","image":"busybox:1","restartPolicy":"Always"}],
        "containers":[{"name":"asks","image":"busybox:1",%s},
          {"name":"other","image":"busybox:1",
           "lifecycle":{"preStop":{"exec":{"command":["bye"]}}}}]
        """
            .formatted(RULES));
    init();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  /** The init containers run in their order before the others. */
  private void init() {
    k.eventually(() -> assertThat(k.runtime.running("first")).isPresent());
    assertThat(k.runtime.running("asks")).isEmpty();
    assertThat(k.runtime.running("side")).isEmpty();
    k.runtime.exit("first", 0);
    k.eventually(() -> {
      assertThat(k.runtime.running("side")).isPresent();
      assertThat(k.runtime.running("asks")).isPresent();
      assertThat(k.runtime.running("other")).isPresent();
    });
  }

  private void assertRestarts(int count) {
    k.eventually(() -> {
      for (String list : new String[] {"initContainerStatuses", "containerStatuses"}) {
        for (JsonNode status : k.pod("pod").at("status", list)) {
          assertThat(status.path("restartCount").asInt()).isEqualTo(count);
        }
      }
      assertThat(k.pod("pod").text("status", "phase")).isEqualTo("Running");
      assertThat(k.condition("pod", "AllContainersRestarting")).isEqualTo("False");
    });
  }

  @Test
  void allContainersBeginAnewInTheirSandboxWithoutHooks() {
    assertRestarts(0);
    k.runtime.exit("asks", 42);
    init();
    assertRestarts(1);
    assertThat(k.runtime.calls()).filteredOn(c -> c.startsWith("runPodSandbox")).hasSize(1);
    assertThat(k.runtime.calls()).noneMatch(c -> c.contains("bye"));
    // And once more.
    k.runtime.exit("asks", 42);
    init();
    assertRestarts(2);
  }

  private void assertTold(JsonNode state, String how) {
    assertThat(state.path(how).path("reason").asText()).isEqualTo("RestartingAllContainers");
    assertThat(state.path(how).path("message").asText())
        .isEqualTo("The container is removed because RestartAllContainers in place");
  }

  @Test
  void whatBeginsAnewWithAllSaysSo() {
    k.runtime.exit("asks", 42);
    k.eventually(() -> {
      assertThat(k.runtime.running("first")).isPresent();
      JsonNode statuses = k.pod("pod").at("status", "containerStatuses");
      assertThat(statuses).hasSize(2);
      for (JsonNode status : statuses) {
        assertTold(status.path("state"), "waiting");
        assertTold(status.path("lastState"), "terminated");
        assertThat(status.path("restartCount").asInt()).isOne();
      }
    });
    k.runtime.exit("first", 0);
    k.eventually(() -> {
      for (JsonNode status : k.pod("pod").at("status", "containerStatuses")) {
        assertThat(status.path("state").has("running")).isTrue();
        assertTold(status.path("lastState"), "terminated");
        assertThat(status.at("/lastState/terminated/exitCode").asInt()).isEqualTo(137);
      }
    });
  }

  @Test
  void anotherExitIsThePodsOwnPolicys() {
    k.runtime.exit("asks", 1);
    k.runtime.exit("other", 0);
    k.awaitPhase("pod", "Failed");
    assertThat(k.condition("pod", "AllContainersRestarting")).isEqualTo("False");
  }
}
