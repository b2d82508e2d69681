package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkloadsTest {

  private final Cluster c = new Cluster();

  private static String statefulSet(int replicas, String policy) {
    return """
    {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"namespace":"default","name":"s"},
     "spec":{"replicas":%d,"serviceName":"svc","podManagementPolicy":"%s",
      "updateStrategy":{"type":"RollingUpdate"},
      "selector":{"matchLabels":{"app":"s"}},
      "volumeClaimTemplates":[{"metadata":{"name":"data"},"spec":{"accessModes":["ReadWriteOnce"]}}],
      "template":{"metadata":{"labels":{"app":"s"}},
       "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
    """
        .formatted(replicas, policy);
  }

  private List<String> podNames() {
    return c.pods().stream().map(KubeObject::name).sorted().toList();
  }

  @Test
  void statefulPodsComeInOrderWithNamesAndClaims() {
    List<Integer> readyWhenMade = new ArrayList<>();
    c.observe = () -> readyWhenMade.add(c.pods().size());
    c.create(Resources.STATEFUL_SETS, statefulSet(3, "OrderedReady"));
    assertThat(podNames()).containsExactly("s-0");
    c.pass(Duration.ofMillis(150));
    assertThat(podNames()).containsExactly("s-0", "s-1");
    c.pass(Duration.ofSeconds(2));
    assertThat(podNames()).containsExactly("s-0", "s-1", "s-2");
    KubeObject pod = c.get(Resources.PODS, "s-1");
    assertThat(pod.text("spec", "hostname")).isEqualTo("s-1");
    assertThat(pod.text("spec", "subdomain")).isEqualTo("svc");
    assertThat(pod.labels())
        .containsEntry("statefulset.kubernetes.io/pod-name", "s-1")
        .containsEntry("apps.kubernetes.io/pod-index", "1");
    assertThat(pod.tree().at("/spec/volumes/0/persistentVolumeClaim/claimName").asText())
        .isEqualTo("data-s-1");
    assertThat(c.api.all(Resources.PERSISTENT_VOLUME_CLAIMS)).hasSize(3);
    KubeObject set = c.get(Resources.STATEFUL_SETS, "s");
    assertThat(set.at("status", "readyReplicas").asInt()).isEqualTo(3);
    assertThat(set.text("status", "currentRevision"))
        .isEqualTo(set.text("status", "updateRevision"));
    assertThat(c.events("SuccessfulCreate"))
        .contains(
            "create Claim data-s-0 Pod s-0 in StatefulSet s success",
            "create Pod s-0 in StatefulSet s successful");
  }

  @Test
  void statefulSetsScaleDownFromTheTopAndUpdateBackwards() {
    c.create(Resources.STATEFUL_SETS, statefulSet(3, "OrderedReady"));
    c.pass(Duration.ofSeconds(2));
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n ->
            n.withObjectProperty("spec")
                .withObjectProperty("updateStrategy")
                .putObject("rollingUpdate")
                .put("partition", 2));
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "i:2"));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.get(Resources.PODS, "s-2").tree().at("/spec/containers/0/image").asText())
        .isEqualTo("i:2");
    assertThat(c.get(Resources.PODS, "s-1").tree().at("/spec/containers/0/image").asText())
        .isEqualTo("i:1");
    c.edit(
        Resources.STATEFUL_SETS,
        "s",
        n ->
            n.withObjectProperty("spec")
                .withObjectProperty("updateStrategy")
                .remove("rollingUpdate"));
    c.pass(Duration.ofSeconds(5));
    KubeObject set = c.get(Resources.STATEFUL_SETS, "s");
    assertThat(set.at("status", "updatedReplicas").asInt()).isEqualTo(3);
    assertThat(set.text("status", "currentRevision"))
        .isEqualTo(set.text("status", "updateRevision"));
    c.edit(Resources.STATEFUL_SETS, "s", n -> n.withObjectProperty("spec").put("replicas", 1));
    c.pass(Duration.ofSeconds(5));
    assertThat(podNames()).containsExactly("s-0");
    c.api.forgetCalls();
    c.pass(Duration.ofMinutes(10));
    assertThat(c.api.calls()).isEmpty();
  }

  @Test
  void parallelStatefulPodsComeAtOnce() {
    c.create(Resources.STATEFUL_SETS, statefulSet(5, "Parallel"));
    assertThat(podNames()).hasSize(5);
  }

  @Test
  void aDaemonRunsOnEveryNodeThatFits() {
    for (String name : new String[] {"n2", "n3"}) {
      c.api.put(
          Resources.NODES,
          KubeObject.parse(
              "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\""
                  + name
                  + "\"},\"spec\":{"
                  + (name.equals("n3")
                      ? "\"taints\":[{\"key\":\"x\",\"effect\":\"NoSchedule\"}]"
                      : "")
                  + "},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"}]}}"));
    }
    c.create(
        Resources.DAEMON_SETS,
        """
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":"default","name":"d"},
         "spec":{"selector":{"matchLabels":{"app":"d"}},
          "template":{"metadata":{"labels":{"app":"d"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
        """);
    c.pass(Duration.ofSeconds(2));
    assertThat(c.pods()).hasSize(2);
    KubeObject set = c.get(Resources.DAEMON_SETS, "d");
    assertThat(set.at("status", "desiredNumberScheduled").asInt()).isEqualTo(2);
    c.api.change(Resources.NODES, "", "n3", n -> n.withObjectProperty("spec").remove("taints"));
    c.pass(Duration.ofSeconds(2));
    assertThat(c.pods()).hasSize(3);
  }

  private void end(KubeObject pod, String phase) {
    c.api.change(
        Resources.PODS,
        "default",
        pod.name(),
        n -> {
          ObjectNode status = n.withObjectProperty("status");
          status.put("phase", phase);
          status
              .putArray("containerStatuses")
              .addObject()
              .put("name", "c")
              .putObject("state")
              .putObject("terminated")
              .put("exitCode", phase.equals("Failed") ? 3 : 0)
              .put("finishedAt", Timestamps.time(c.context.clock().instant()));
        });
    c.context.runUntilIdle();
  }

  private static String job(String more) {
    return """
    {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"j"},
     "spec":{%s"selector":{"matchLabels":{"job":"j"}},
      "template":{"metadata":{"labels":{"job":"j"}},
       "spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}\
    """
        .formatted(more);
  }

  private KubeObject job() {
    return c.get(Resources.JOBS, "j");
  }

  private List<KubeObject> running() {
    return c.pods().stream().filter(p -> p.text("status", "phase").equals("Running")).toList();
  }

  @Test
  void aJobRunsToItsCompletions() {
    c.create(
        Resources.JOBS,
        job(
            "\"completions\":3,\"parallelism\":2,\"backoffLimit\":6,\"ttlSecondsAfterFinished\":60,"));
    c.pass(Duration.ofSeconds(1));
    assertThat(running()).hasSize(2);
    end(running().getFirst(), "Succeeded");
    c.pass(Duration.ofSeconds(1));
    assertThat(running()).hasSize(2);
    end(running().getFirst(), "Succeeded");
    end(running().getFirst(), "Succeeded");
    c.pass(Duration.ofSeconds(1));
    KubeObject job = job();
    assertThat(job.at("status", "succeeded").asInt()).isEqualTo(3);
    assertThat(job.at("status", "uncountedTerminatedPods").isEmpty()).isTrue();
    assertThat(job.at("status", "conditions").findValuesAsText("type"))
        .containsExactly("SuccessCriteriaMet", "Complete");
    assertThat(c.events("Completed")).containsExactly("Job completed");
    assertThat(c.pods()).hasSize(3).allSatisfy(p -> assertThat(p.finalizers()).isEmpty());
    c.pass(Duration.ofSeconds(61));
    assertThat(c.peek(Resources.JOBS, "j")).isNull();
    assertThat(c.pods()).isEmpty();
  }

  @Test
  void aFailingJobWaitsLongerAndGivesUp() {
    c.create(Resources.JOBS, job("\"completions\":1,\"parallelism\":1,\"backoffLimit\":1,"));
    c.pass(Duration.ofSeconds(1));
    end(running().getFirst(), "Failed");
    c.pass(Duration.ofSeconds(9));
    assertThat(running()).isEmpty();
    c.pass(Duration.ofSeconds(2));
    assertThat(running()).hasSize(1);
    end(running().getFirst(), "Failed");
    c.pass(Duration.ofSeconds(60));
    assertThat(job().at("status", "failed").asInt()).isEqualTo(2);
    assertThat(job().tree().at("/status/conditions/1/type").asText()).isEqualTo("Failed");
    assertThat(job().tree().at("/status/conditions/1/reason").asText())
        .isEqualTo("BackoffLimitExceeded");
  }

  @Test
  void anIndexedJobGivesEveryIndexOnce() {
    c.create(
        Resources.JOBS,
        job(
            "\"completions\":4,\"parallelism\":4,\"backoffLimit\":6,"
                + "\"completionMode\":\"Indexed\","));
    c.pass(Duration.ofSeconds(1));
    assertThat(running()).hasSize(4);
    assertThat(running().getFirst().tree().at("/spec/containers/0/env/0/name").asText())
        .isEqualTo("JOB_COMPLETION_INDEX");
    List.copyOf(running()).forEach(p -> end(p, "Succeeded"));
    c.pass(Duration.ofSeconds(1));
    assertThat(job().text("status", "completedIndexes")).isEqualTo("0-3");
    assertThat(job().at("status", "succeeded").asInt()).isEqualTo(4);
  }

  @Test
  void aSuspendedJobHasNoPods() {
    c.create(
        Resources.JOBS,
        job("\"completions\":1,\"parallelism\":1,\"backoffLimit\":6,\"suspend\":true,"));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.pods()).isEmpty();
    assertThat(job().at("status").has("startTime")).isFalse();
    c.edit(Resources.JOBS, "j", n -> n.withObjectProperty("spec").put("suspend", false));
    c.pass(Duration.ofSeconds(1));
    assertThat(running()).hasSize(1);
  }

  @Test
  void aCronJobStartsJobsAtItsTimes() {
    c.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"*/5 * * * *","concurrencyPolicy":"Forbid",
          "successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1,
          "jobTemplate":{"spec":{"completions":1,"parallelism":1,"backoffLimit":1,
           "selector":{"matchLabels":{"job":"x"}},
           "template":{"metadata":{"labels":{"job":"x"}},
            "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}}}\
        """);
    c.pass(Duration.ofMinutes(4));
    assertThat(c.api.all(Resources.JOBS)).isEmpty();
    for (int i = 0; i < 6; i++) {
      c.pass(Duration.ofMinutes(5));
      running().forEach(p -> end(p, "Succeeded"));
    }
    assertThat(c.api.all(Resources.JOBS)).hasSize(3);
    KubeObject cron = c.get(Resources.CRON_JOBS, "cron");
    assertThat(cron.text("status", "lastScheduleTime")).isEqualTo("2026-01-01T00:30:00Z");
    assertThat(cron.at("status").has("active")).isFalse();
  }

  private void cronJob(String zone) {
    c.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"0 2 * * *","timeZone":"%s","jobTemplate":{"spec":{"template":{"spec":
          {"restartPolicy":"Never","containers":[{"name":"c","image":"i:1"}]}}}}}}\
        """
            .formatted(zone));
  }

  @Test
  void aJobOfACronJobTellsItsTimeInTheZoneOfTheCronJob() {
    cronJob("Asia/Kolkata");
    c.pass(Duration.ofDays(1));
    assertThat(c.api.all(Resources.JOBS))
        .singleElement()
        .satisfies(job ->
            assertThat(job.annotation("batch.kubernetes.io/cronjob-scheduled-timestamp"))
                .contains("2026-01-02T02:00:00+05:30"));
    assertThat(c.get(Resources.CRON_JOBS, "cron").text("status", "lastScheduleTime"))
        .isEqualTo("2026-01-01T20:30:00Z");
  }

  @Test
  void aCronJobOfAnUnknownZoneSaysSo() {
    cronJob("Nowhere/Land");
    c.pass(Duration.ofSeconds(1));
    assertThat(c.events("UnknownTimeZone"))
        .containsExactly("invalid timeZone: \"Nowhere/Land\": unknown time zone Nowhere/Land");
    assertThat(c.api.all(Resources.JOBS)).isEmpty();
  }

  /** Not at whole minutes, and not anew whenever something else changes. */
  @Test
  void aCronJobOfADelayCountsFromTheLastTime() {
    c.pass(Duration.ofSeconds(7));
    c.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"@every 5m","concurrencyPolicy":"Forbid","startingDeadlineSeconds":60,
          "jobTemplate":{"spec":{"completions":1,"parallelism":1,"backoffLimit":1,
           "selector":{"matchLabels":{"job":"x"}},
           "template":{"metadata":{"labels":{"job":"x"}},
            "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}}}\
        """);
    c.pass(Duration.ofMinutes(4));
    c.edit(Resources.CRON_JOBS, "cron", n -> n.withObjectProperty("spec").put("suspend", false));
    c.pass(Duration.ofSeconds(50));
    assertThat(c.api.all(Resources.JOBS)).isEmpty();
    c.pass(Duration.ofSeconds(20));
    assertThat(c.api.all(Resources.JOBS)).hasSize(1);
    Instant first = scheduled();
    assertThat(first)
        .isEqualTo(
            Instant.parse(c.get(Resources.CRON_JOBS, "cron").text("metadata", "creationTimestamp"))
                .plusSeconds(300));
    running().forEach(p -> end(p, "Succeeded"));
    c.pass(Duration.ofMinutes(5));
    assertThat(scheduled()).isEqualTo(first.plusSeconds(300));
  }

  private Instant scheduled() {
    return Instant.parse(c.get(Resources.CRON_JOBS, "cron").text("status", "lastScheduleTime"));
  }
}
