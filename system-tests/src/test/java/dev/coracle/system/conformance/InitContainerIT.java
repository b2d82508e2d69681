package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What runs before the main containers. */
@Conformance
class InitContainerIT {

  private static TestPod pod(String restartPolicy, String first, String second) {
    TestPod pod =
        new TestPod("main")
            .spec(
                """
                restartPolicy: %s
                initContainers:
                - {name: init1, image: $IMAGE, command: [sh, -c, '%s']}
                - {name: init2, image: $IMAGE, command: [sh, -c, '%s']}
                """
                    .formatted(restartPolicy, first, second));
    return restartPolicy.equals("Always") ? pod.script("exec sleep 3600") : pod.script("true");
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should invoke init containers on a RestartAlways pod [Conformance]"
          + " [NodeConformance]")
  void always(Space space) {
    JsonNode pod = space.start(pod("Always", "true", "true"));
    assertThat(hasCondition(pod, "Initialized", "True")).isTrue();
    assertThat(text(pod, "/status/phase")).isEqualTo("Running");
    initialized(pod);
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should invoke init containers on a RestartNever pod [Conformance]"
          + " [NodeConformance]")
  void never(Space space) {
    JsonNode pod = space.runToEnd(pod("Never", "true", "true"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Succeeded");
    assertThat(hasCondition(pod, "Initialized", "True")).isTrue();
    assertThat(Space.condition(pod, "Initialized").path("reason").asText())
        .isEqualTo("PodCompleted");
    initialized(pod);
  }

  private static void initialized(JsonNode pod) {
    assertThat(pod.at("/status/initContainerStatuses")).hasSize(2);
    for (JsonNode init : pod.at("/status/initContainerStatuses")) {
      assertThat(init.path("ready").asBoolean()).isTrue();
      assertThat(init.at("/state/terminated/exitCode").asInt(-1)).isZero();
    }
  }

  /** Nothing of the main container, as long as an init container has not done its work. */
  private static void notBegun(JsonNode pod) {
    JsonNode main = pod.at("/status/containerStatuses/0");
    assertThat(text(main, "/state/waiting/reason")).isEqualTo("PodInitializing");
    assertThat(text(main, "/image")).isEqualTo(TestImage.NAME);
    assertThat(text(main, "/imageID")).isEmpty();
    assertThat(main.path("started").asBoolean(true)).isFalse();
    assertThat(main.path("ready").asBoolean(true)).isFalse();
    assertThat(main.path("restartCount").asInt()).isZero();
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should not start app containers if init containers fail on a"
          + " RestartAlways pod [Conformance] [NodeConformance]")
  void alwaysFailing(Space space) {
    space.create(pod("Always", "false", "true").json());
    JsonNode pod =
        space.await(
            "pods",
            "main",
            "restarting its first init container",
            p -> p.at("/status/initContainerStatuses/0/restartCount").asInt() >= 3);
    assertThat(text(pod, "/status/phase")).isEqualTo("Pending");
    notBegun(pod);
    assertThat(text(pod, "/status/initContainerStatuses/1/state/waiting/reason"))
        .isEqualTo("PodInitializing");
    assertThat(pod.at("/status/initContainerStatuses/0/lastState/terminated/exitCode").asInt())
        .isEqualTo(1);
    assertThat(hasCondition(pod, "Initialized", "False")).isTrue();
    assertThat(Space.condition(pod, "Initialized").path("reason").asText())
        .isEqualTo("ContainersNotInitialized");
    assertThat(Space.condition(pod, "Initialized").path("message").asText())
        .isEqualTo("containers with incomplete status: [init1 init2]");
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should not start app containers and fail the pod if init containers"
          + " fail on a RestartNever pod [Conformance] [NodeConformance]")
  void neverFailing(Space space) {
    JsonNode pod = space.runToEnd(pod("Never", "true", "false"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Failed");
    assertThat(hasCondition(pod, "Initialized", "False")).isTrue();
    assertThat(Space.condition(pod, "Initialized").path("message").asText())
        .isEqualTo("containers with incomplete status: [init2]");
    assertThat(Space.condition(pod, "Initialized").path("reason").asText())
        .isEqualTo("ContainersNotInitialized");
    JsonNode inits = pod.at("/status/initContainerStatuses");
    assertThat(inits.at("/0/state/terminated/exitCode").asInt(-1)).isZero();
    assertThat(inits.at("/0/ready").asBoolean()).isTrue();
    assertThat(inits.at("/1/state/terminated/exitCode").asInt(-1)).isEqualTo(1);
    assertThat(inits.at("/1/ready").asBoolean(true)).isFalse();
    notBegun(pod);
  }
}
