package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.hasCondition;
import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Work that ends. */
@Conformance
class JobIT {

  private static final String RESOURCE = "jobs.batch";

  private static ObjectNode job(String name, String spec, String script) {
    ObjectNode job =
        Manifest.parse(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: %s}
            spec:
              template:
                metadata: {labels: {app: %1$s}}
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  containers: [{name: main, image: $IMAGE}]
            """
                .formatted(name));
    Workload.container(job).putArray("command").add("sh").add("-c").add(script);
    Manifest.parse(spec)
        .properties()
        .forEach(e -> ((ObjectNode) job.get("spec")).set(e.getKey(), e.getValue()));
    return job;
  }

  private static JsonNode awaitCondition(Space space, String name, String type) {
    return space.await(RESOURCE, name, type, j -> hasCondition(j, type, "True"));
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should run a job to completion when tasks sometimes fail and are locally"
          + " restarted [Conformance]")
  void locally(Space space) {
    ObjectNode job =
        job(
            "local",
            "{parallelism: 2, completions: 3}",
            "test -e /v/once && exit 0; touch /v/once; exit 1");
    ObjectNode pod = (ObjectNode) job.at("/spec/template/spec");
    pod.put("restartPolicy", "OnFailure");
    pod.withArray("volumes").add(Manifest.parse("{name: v, emptyDir: {}}"));
    Workload.container(job)
        .withArray("volumeMounts")
        .add(Manifest.parse("{name: v, mountPath: /v}"));
    space.create(job);
    assertThat(awaitCondition(space, "local", "Complete").at("/status/succeeded").asInt())
        .isEqualTo(3);
    assertThat(space.list("pods", "app=local"))
        .allMatch(p -> p.at("/status/containerStatuses/0/restartCount").asInt() == 1);
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should create pods for an Indexed job with completion indexes and specified"
          + " hostname [Conformance]")
  void indexed(Space space) {
    ObjectNode job =
        job(
            "idx",
            "{parallelism: 2, completions: 4, completionMode: Indexed}",
            "echo $JOB_COMPLETION_INDEX; hostname");
    space.create(job);
    JsonNode done = awaitCondition(space, "idx", "Complete");
    assertThat(text(done, "/status/completedIndexes")).isEqualTo("0-3");
    List<String> indexes = new ArrayList<>();
    for (JsonNode pod : space.list("pods", "app=idx")) {
      String index = text(pod, "/metadata/annotations/batch.kubernetes.io~1job-completion-index");
      indexes.add(index);
      assertThat(text(pod, "/metadata/labels/batch.kubernetes.io~1job-completion-index"))
          .isEqualTo(index);
      assertThat(text(pod, "/spec/hostname")).isEqualTo("idx-" + index);
      assertThat(space.logs(text(pod, "/metadata/name")))
          .isEqualTo(index + "\nidx-" + index + "\n");
    }
    assertThat(indexes).containsExactlyInAnyOrder("0", "1", "2", "3");
  }

  @Test
  @DisplayName("[sig-apps] Job should delete a job [Conformance]")
  void delete(Space space) {
    space.create(job("del", "{parallelism: 2, completions: 4}", "exec sleep 3600"));
    space.awaitList("pods", "app=del", "two", l -> l.size() == 2);
    space.delete(RESOURCE, "del", "{propagationPolicy: Foreground}");
    space.awaitGone(RESOURCE, "del");
    assertThat(space.list("pods", "app=del")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should adopt matching orphans and release non-matching pods [Conformance]")
  void adopt(Space space) {
    JsonNode job = space.create(job("ad", "{parallelism: 1, completions: 1}", "exec sleep 3600"));
    String pod = text(Workload.awaitReady(space, "ad", 1).get(0), "/metadata/name");
    space.merge("pods", pod, "{metadata: {ownerReferences: null}}");
    space.await("pods", pod, "adopted", p -> Workload.isOwnedBy(p, job));
    space.merge(
        "pods",
        pod,
        "{metadata: {labels: {batch.kubernetes.io/controller-uid: null, controller-uid: null,"
            + " batch.kubernetes.io/job-name: null, job-name: null}}}");
    space.await("pods", pod, "released", p -> !Workload.isOwnedBy(p, job));
  }

  @Test
  @DisplayName("[sig-apps] Job should apply changes to a job status [Conformance]")
  void status(Space space) {
    space.create(job("st", "{parallelism: 1, completions: 1, backoffLimit: 2}", "exec sleep 3600"));
    Workload.awaitReady(space, "st", 1);
    JsonNode patched =
        space.mergeStatus(
            RESOURCE,
            "st",
            "{metadata: {annotations: {patchedstatus: 'true'}}, status: {startTime: '%s'}}"
                .formatted(
                    text(
                        space.await(
                            RESOURCE, "st", "started", j -> j.path("status").has("startTime")),
                        "/status/startTime")));
    assertThat(text(patched, "/metadata/annotations/patchedstatus")).isEqualTo("true");
    JsonNode updated =
        space.edit(
            RESOURCE,
            "st",
            "status",
            j ->
                ((ObjectNode) j.get("status"))
                    .withArray("conditions")
                    .addObject()
                    .put("type", "Custom")
                    .put("status", "True"));
    assertThat(hasCondition(updated, "Custom", "True")).isTrue();
    assertThat(text(space.api().get(space.path(RESOURCE, "st") + "/status").ok(), "/kind"))
        .isEqualTo("Job");
  }

  @Test
  @DisplayName("[sig-apps] Job should manage the lifecycle of a job [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch(RESOURCE, "")) {
      space.create(job("life", "{parallelism: 1, completions: 1, suspend: true}", "true"));
      watcher.expect("ADDED", "life");
      space.merge(RESOURCE, "life", "{metadata: {labels: {patched: 'true'}}}");
      watcher.next(e -> text(e, "/object/metadata/labels/patched").equals("true"));
      space.edit(
          RESOURCE,
          "life",
          j -> {
            ((ObjectNode) j.get("spec")).put("suspend", false);
            ((ObjectNode) j.get("metadata")).putObject("annotations").put("updated", "true");
          });
      awaitCondition(space, "life", "Complete");
      JsonNode everywhere =
          space.api().get(space.everywhere(RESOURCE) + "?labelSelector=patched%3Dtrue").ok();
      assertThat(Space.items(everywhere))
          .anyMatch(j -> text(j, "/metadata/namespace").equals(space.namespace()));
      space.deleteAll(RESOURCE, "patched=true");
      watcher.next("DELETED");
    }
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should allow to use the pod failure policy on exit code to fail the job early"
          + " [Conformance]")
  void failEarly(Space space) {
    space.create(
        job(
            "early",
            "{backoffLimit: 2, podFailurePolicy: {rules: [{action: FailJob, onExitCodes: {operator:"
                + " In, values: [42]}}]}}",
            "exit 42"));
    JsonNode failed = awaitCondition(space, "early", "Failed");
    assertThat(Space.condition(failed, "Failed").path("reason").asText())
        .isEqualTo("PodFailurePolicy");
    assertThat(Space.condition(failed, "Failed").path("message").asText())
        .matches(
            "Container main for pod .* failed with exit code 42 matching FailJob rule at index 0");
    assertThat(space.list("pods", "app=early")).hasSize(1);
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should allow to use a pod failure policy to ignore failure matching on"
          + " DisruptionTarget condition [Conformance]")
  void ignoreDisruption(Space space) {
    ObjectNode job =
        job(
            "ign",
            "{backoffLimit: 0, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type:"
                + " DisruptionTarget, status: 'True'}]}]}}",
            "while true; do test -e /go/on && exit 0; sleep 1; done");
    ((ObjectNode) job.at("/spec/template/spec"))
        .withArray("volumes")
        .add(Manifest.parse("{name: go, configMap: {name: go, optional: true}}"));
    Workload.container(job)
        .withArray("volumeMounts")
        .add(Manifest.parse("{name: go, mountPath: /go}"));
    space.create(job);
    String pod = text(Workload.awaitReady(space, "ign", 1).get(0), "/metadata/name");
    space
        .send(
            "POST",
            space.path("pods", pod) + "/eviction",
            Manifest.parse(
                "{apiVersion: policy/v1, kind: Eviction, metadata: {name: %s}}".formatted(pod)))
        .ok();
    space.awaitGone("pods", pod);
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: go}, data: {on: x}}");
    assertThat(awaitCondition(space, "ign", "Complete").at("/status/failed").asInt()).isZero();
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should execute all indexes despite some failing when using"
          + " backoffLimitPerIndex [Conformance]")
  void perIndex(Space space) {
    space.create(
        job(
            "per",
            "{parallelism: 2, completions: 4, completionMode: Indexed, backoffLimitPerIndex: 0}",
            "exit $((JOB_COMPLETION_INDEX % 2))"));
    JsonNode failed = awaitCondition(space, "per", "Failed");
    assertThat(text(failed, "/status/failedIndexes")).isEqualTo("1,3");
    assertThat(text(failed, "/status/completedIndexes")).isEqualTo("0,2");
    assertThat(failed.at("/status/failed").asInt()).isEqualTo(2);
    assertThat(failed.at("/status/succeeded").asInt()).isEqualTo(2);
    assertThat(Space.condition(failed, "Failed").path("reason").asText())
        .isEqualTo("FailedIndexes");
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should mark indexes as failed when the FailIndex action is matched in"
          + " podFailurePolicy [Conformance]")
  void failIndex(Space space) {
    space.create(
        job(
            "fi",
            "{parallelism: 2, completions: 2, completionMode: Indexed, backoffLimitPerIndex: 1,"
                + " podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In,"
                + " values: [42]}}]}}",
            "test $JOB_COMPLETION_INDEX = 0 && exit 42; exit 0"));
    JsonNode failed = awaitCondition(space, "fi", "Failed");
    assertThat(text(failed, "/status/failedIndexes")).isEqualTo("0");
    assertThat(text(failed, "/status/completedIndexes")).isEqualTo("1");
    assertThat(failed.at("/status/failed").asInt()).isEqualTo(1);
  }

  @Test
  @DisplayName(
      "[sig-apps] Job should terminate job execution when the number of failed indexes exceeds"
          + " maxFailedIndexes [Conformance]")
  void maxFailed(Space space) {
    space.create(
        job(
            "max",
            "{parallelism: 1, completions: 5, completionMode: Indexed, backoffLimitPerIndex: 0,"
                + " maxFailedIndexes: 0}",
            "exit 1"));
    JsonNode failed = awaitCondition(space, "max", "Failed");
    assertThat(Space.condition(failed, "Failed").path("reason").asText())
        .isEqualTo("MaxFailedIndexesExceeded");
    assertThat(text(failed, "/status/failedIndexes")).isEqualTo("0");
    assertThat(text(failed, "/status/completedIndexes")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-apps] Job with successPolicy should succeeded when all indexes succeeded [Conformance]")
  void policyAll(Space space) {
    space.create(
        job(
            "suc",
            "{parallelism: 2, completions: 2, completionMode: Indexed, backoffLimit: 0,"
                + " successPolicy: {rules: [{succeededIndexes: '0-1'}]}}",
            "exit 0"));
    JsonNode done = awaitCondition(space, "suc", "Complete");
    assertThat(Space.condition(done, "Complete").path("reason").asText())
        .isEqualTo("SuccessPolicy");
    assertThat(hasCondition(done, "SuccessCriteriaMet", "True")).isTrue();
    assertThat(text(done, "/status/completedIndexes")).isEqualTo("0,1");
  }

  @Test
  @DisplayName(
      "[sig-apps] Job with successPolicy succeededIndexes rule should succeeded even when some"
          + " indexes remain pending [Conformance]")
  void policyIndexes(Space space) {
    space.create(
        job(
            "suc",
            "{parallelism: 2, completions: 2, completionMode: Indexed, backoffLimit: 0,"
                + " successPolicy: {rules: [{succeededIndexes: '0'}]}}",
            "test $JOB_COMPLETION_INDEX = 1 && exec sleep 3600; exit 0"));
    JsonNode done = awaitCondition(space, "suc", "Complete");
    assertThat(Space.condition(done, "Complete").path("reason").asText())
        .isEqualTo("SuccessPolicy");
    assertThat(hasCondition(done, "SuccessCriteriaMet", "True")).isTrue();
    assertThat(text(done, "/status/completedIndexes")).isEqualTo("0");
  }

  @Test
  @DisplayName(
      "[sig-apps] Job with successPolicy succeededCount rule should succeeded even when some"
          + " indexes remain pending [Conformance]")
  void policyCount(Space space) {
    space.create(
        job(
            "suc",
            "{parallelism: 2, completions: 2, completionMode: Indexed, backoffLimit: 0,"
                + " successPolicy: {rules: [{succeededCount: 1}]}}",
            "test $JOB_COMPLETION_INDEX = 1 && exec sleep 3600; exit 0"));
    JsonNode done = awaitCondition(space, "suc", "Complete");
    assertThat(Space.condition(done, "Complete").path("reason").asText())
        .isEqualTo("SuccessPolicy");
    assertThat(hasCondition(done, "SuccessCriteriaMet", "True")).isTrue();
    assertThat(text(done, "/status/completedIndexes")).isEqualTo("0");
  }
}
