package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.function.Predicate;
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
    pod.container("{resources: {limits: {cpu: 100m}}}");
    return restartPolicy.equals("Always") ? pod.script("exec sleep 3600") : pod.script("true");
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should invoke init containers on a RestartAlways pod [Conformance]"
          + " [NodeConformance]")
  void always(Space space) {
    JsonNode pod =
        followed(
            space, pod("Always", "true", "true"), p -> text(p, "/status/phase").equals("Running"));
    assertThat(hasCondition(pod, "Initialized", "True")).isTrue();
    assertThat(text(pod, "/status/phase")).isEqualTo("Running");
    initialized(pod);
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should invoke init containers on a RestartNever pod [Conformance]"
          + " [NodeConformance]")
  void never(Space space) {
    JsonNode pod = followed(space, pod("Never", "true", "true"), InitContainerIT::hasEnded);
    assertThat(text(pod, "/status/phase")).isEqualTo("Succeeded");
    assertThat(hasCondition(pod, "Initialized", "True")).isTrue();
    assertThat(Space.condition(pod, "Initialized").path("reason").asText())
        .isEqualTo("PodCompleted");
    initialized(pod);
  }

  private static boolean hasEnded(JsonNode pod) {
    return List.of("Succeeded", "Failed").contains(text(pod, "/status/phase"));
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

  /**
   * Every state that the pod is said to be in, from the first until this one: as long as an init
   * container has not done its work, nothing after it has begun.
   */
  private static JsonNode followed(Space space, TestPod pod, Predicate<JsonNode> end) {
    String version = text(space.create(pod.json()), "/metadata/resourceVersion");
    try (Watcher watcher =
        space.watch("pods", "&fieldSelector=metadata.name%3Dmain&resourceVersion=" + version)) {
      while (true) {
        JsonNode seen = watcher.next("MODIFIED").path("object");
        inOrder(seen);
        if (end.test(seen)) {
          return seen;
        }
      }
    }
  }

  private static void inOrder(JsonNode pod) {
    boolean done = !pod.at("/status/initContainerStatuses").isEmpty();
    for (JsonNode status : pod.at("/status/initContainerStatuses")) {
      if (!done) {
        assertThat(text(status, "/state/waiting/reason"))
            .as("%s", pod)
            .isEqualTo("PodInitializing");
      }
      done &= status.at("/state/terminated/exitCode").asInt(-1) == 0;
    }
    for (JsonNode status : pod.at("/status/containerStatuses")) {
      if (!done) {
        assertThat(text(status, "/state/waiting/reason"))
            .as("%s", pod)
            .isEqualTo("PodInitializing");
      }
    }
    if (!pod.at("/status/initContainerStatuses").isEmpty()) {
      assertThat(hasCondition(pod, "Initialized", done ? "True" : "False")).as("%s", pod).isTrue();
    }
  }

  @Test
  @DisplayName(
      "[sig-node] InitContainer should not start app containers if init containers fail on a"
          + " RestartAlways pod [Conformance] [NodeConformance]")
  void alwaysFailing(Space space) {
    JsonNode pod =
        followed(
            space,
            pod("Always", "false", "true"),
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
    JsonNode pod = followed(space, pod("Never", "true", "false"), InitContainerIT::hasEnded);
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
