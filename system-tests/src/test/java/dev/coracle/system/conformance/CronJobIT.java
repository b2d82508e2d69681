package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Jobs by the clock; each test waits for minutes to begin. */
@Conformance
@Order(1)
class CronJobIT {

  /** Two minutes begin in that time, at which a job would be due. */
  private static final String TWO_TIMES = "&timeoutSeconds=125";

  private static final String RESOURCE = "cronjobs.batch";

  private static String cron(String name, String spec, String script) {
    return """
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: %s}
    spec:
      schedule: "*/1 * * * *"
      %s
      jobTemplate:
        spec:
          template:
            spec:
              restartPolicy: OnFailure
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: $IMAGE, command: [sh, -c, '%s']}]
    """
        .formatted(name, spec, script);
  }

  @Test
  @DisplayName("[sig-apps] CronJob should not schedule jobs when suspended [Conformance] [Slow]")
  void suspended(Space space) {
    space.create(cron("sus", "suspend: true", "true"));
    try (Watcher watcher = space.watch("jobs.batch", TWO_TIMES)) {
      assertThat(watcher.rest()).isEmpty();
    }
    assertThat(space.get(RESOURCE, "sus").at("/status/lastScheduleTime").isMissingNode()).isTrue();
  }

  @Test
  @DisplayName("[sig-apps] CronJob should schedule multiple jobs concurrently [Conformance]")
  void concurrently(Space space) {
    space.create(cron("con", "concurrencyPolicy: Allow", "exec sleep 300"));
    JsonNode first =
        space.await(RESOURCE, "con", "at work", c -> c.at("/status/active").size() == 1);
    assertThat(text(first, "/status/active/0/kind")).isEqualTo("Job");
    space.await(RESOURCE, "con", "twice at work", c -> c.at("/status/active").size() == 2);
  }

  @Test
  @DisplayName("[sig-apps] CronJob should replace jobs when ReplaceConcurrent [Conformance]")
  void replace(Space space) {
    space.create(cron("rep", "concurrencyPolicy: Replace", "exec sleep 300"));
    String first =
        text(
            space.await(RESOURCE, "rep", "at work", c -> c.at("/status/active").size() == 1),
            "/status/active/0/name");
    space.await(
        RESOURCE,
        "rep",
        "replaced",
        c -> c.at("/status/active").size() == 1 && !text(c, "/status/active/0/name").equals(first));
    space.awaitGone("jobs.batch", first);
  }

  @Test
  @DisplayName(
      "[sig-apps] CronJob should not schedule new jobs when ForbidConcurrent [Conformance] [Slow]")
  void forbid(Space space) {
    space.create(cron("forb", "concurrencyPolicy: Forbid", "exec sleep 300"));
    String first =
        text(
            space.await(RESOURCE, "forb", "at work", c -> c.at("/status/active").size() == 1),
            "/status/active/0/name");
    try (Watcher watcher = space.watch("jobs.batch", TWO_TIMES)) {
      assertThat(watcher.rest())
          .filteredOn(e -> e.path("type").asText().equals("ADDED"))
          .extracting(e -> text(e, "/object/metadata/name"))
          .containsExactly(first);
    }
  }
}
