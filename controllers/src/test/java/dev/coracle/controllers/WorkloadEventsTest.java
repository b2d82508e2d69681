package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What controllers of workloads tell of what they could not do. */
class WorkloadEventsTest {

  private final Cluster c = new Cluster();

  private void refuse(String verb, GroupVersionResource resource) {
    c.api.failWhen(call ->
        call.verb().equals(verb) && call.resource().equals(resource) && call.subresource().isEmpty()
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, "not you"))
            : Optional.empty());
  }

  private void cronJob(String schedule, String more) {
    c.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"%s",%s
          "jobTemplate":{"spec":{"completions":1,"parallelism":1,"backoffLimit":1,
           "selector":{"matchLabels":{"job":"x"}},
           "template":{"metadata":{"labels":{"job":"x"}},
            "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}}}\
        """
            .formatted(schedule, more));
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void aCronJobTellsWhichTimeItMissed() {
    Cluster late = new Cluster();
    late.delay =
        resource -> resource.equals(Resources.CRON_JOBS) ? Duration.ofSeconds(90) : Duration.ZERO;
    late.create(
        Resources.CRON_JOBS,
        """
        {"apiVersion":"batch/v1","kind":"CronJob","metadata":{"namespace":"default","name":"cron"},
         "spec":{"schedule":"@every 70s","startingDeadlineSeconds":10,
          "jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"c"}]}}}}}}\
        """);
    late.pass(Duration.ofSeconds(91));
    assertThat(late.told("MissSchedule"))
        .containsExactly(
            "cronjob-controller Warning: Missed scheduled time to start a job:"
                + " Thu, 01 Jan 2026 00:01:10 +0000");
  }

  @Test
  void aCronJobWhoseDayNeverComesSaysSo() {
    cronJob("0 0 30 2 *", "");
    assertThat(c.told("InvalidSchedule"))
        .containsExactly(
            "cronjob-controller Warning: invalid schedule: 0 0 30 2 * : time difference between two"
                + " schedules is less than 1 second");
  }

  @Test
  void aCronJobTellsOfAJobThatItCouldNotDelete() {
    cronJob("*/5 * * * *", "\"concurrencyPolicy\":\"Replace\",");
    c.pass(Duration.ofMinutes(6));
    assertThat(c.api.all(Resources.JOBS)).hasSize(1);
    refuse("delete", Resources.JOBS);
    c.pass(Duration.ofMinutes(5));
    assertThat(c.told("FailedDelete")).contains("cronjob-controller Warning: Deleted job: not you");
  }

  @Test
  void aDeploymentNamesTheSetThatItCouldNotMake() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 3, "i"));
    c.pass(Duration.ofSeconds(1));
    refuse("create", Resources.REPLICA_SETS);
    c.edit(
        Resources.DEPLOYMENTS,
        "d",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "j"));
    c.pass(Duration.ofSeconds(1));
    KubeObject deployment = c.get(Resources.DEPLOYMENTS, "d");
    var progressing = Conditions.find(deployment, "Progressing");
    assertThat(progressing.path("reason").asText()).isEqualTo("ReplicaSetCreateError");
    assertThat(progressing.path("message").asText())
        .matches("Failed to create new replica set \"d-[a-z0-9]+\": not you");
    assertThat(c.told("ReplicaSetCreateError"))
        .contains("deployment-controller Warning: " + progressing.path("message").asText());
    // The old pods still run.
    assertThat(deployment.at("status", "availableReplicas").asInt()).isEqualTo(3);
    assertThat(Conditions.isTrue(deployment, "Available")).isTrue();
  }

  @Test
  void aDeploymentTellsOfTheFailureOfItsPresentSet() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "old"));
    c.pass(Duration.ofSeconds(1));
    String old = c.pods().getFirst().name();
    String[] why = {"not the new ones"};
    c.api.failWhen(call ->
        call.verb().equals("create") && call.resource().equals(Resources.PODS)
            ? Optional.of(StatusException.of(StatusReason.FORBIDDEN, why[0]))
            : Optional.empty());
    c.edit(
        Resources.DEPLOYMENTS,
        "d",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "new"));
    c.pass(Duration.ofSeconds(1));
    why[0] = "not the old ones";
    c.api.remove(Resources.PODS, "default", old);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.api.all(Resources.REPLICA_SETS))
        .allMatch(set -> Conditions.isTrue(set, "ReplicaFailure"));
    assertThat(
            Conditions.find(c.get(Resources.DEPLOYMENTS, "d"), "ReplicaFailure")
                .path("message")
                .asText())
        .isEqualTo("not the new ones");
  }

  @Test
  void aDaemonSetThatSelectsAllPodsSaysSo() {
    c.create(
        Resources.DAEMON_SETS,
        """
        {"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"namespace":"default","name":"d"},
         "spec":{"selector":{},"template":{"spec":{"containers":[{"name":"c"}]}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("SelectingAll"))
        .containsExactly(
            "daemonset-controller Warning: This daemon set is selecting all pods. A non-empty"
                + " selector is required.");
  }

  private void statefulSet() {
    c.create(
        Resources.STATEFUL_SETS,
        """
        {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"namespace":"default","name":"s"},
         "spec":{"replicas":1,"serviceName":"s","selector":{"matchLabels":{"app":"s"}},
          "template":{"metadata":{"labels":{"app":"s"}},
           "spec":{"containers":[{"name":"c","image":"i"}]}},
          "volumeClaimTemplates":[{"metadata":{"name":"data"},
           "spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void aStatefulSetTellsOfAClaimThatItCouldNotMake() {
    refuse("create", Resources.PERSISTENT_VOLUME_CLAIMS);
    statefulSet();
    assertThat(c.told("FailedCreate"))
        .contains(
            "statefulset-controller Warning: create Claim data-s-0 for Pod s-0 in StatefulSet s"
                + " failed error: not you",
            "statefulset-controller Warning: create Pod s-0 in StatefulSet s failed error: failed"
                + " to create PVC data-s-0: not you");
  }

  @Test
  void aStatefulSetTellsOfAPodThatItCouldNotDelete() {
    statefulSet();
    refuse("delete", Resources.PODS);
    c.edit(Resources.STATEFUL_SETS, "s", n -> ((ObjectNode) n.path("spec")).put("replicas", 0));
    c.pass(Duration.ofSeconds(1));
    assertThat(c.told("FailedDelete"))
        .contains(
            "statefulset-controller Warning: delete Pod s-0 in StatefulSet s failed error: not you");
  }

  @Test
  void aJobTellsOfMorePodsThanItWasToHave() {
    c.create(
        Resources.JOBS,
        """
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"j"},
         "spec":{"completions":2,"parallelism":2,"backoffLimit":1,
          "selector":{"matchLabels":{"job":"x"}},
          "template":{"metadata":{"labels":{"job":"x"}},
           "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    for (KubeObject pod : c.pods()) {
      c.api.change(
          Resources.PODS,
          "default",
          pod.name(),
          n -> n.withObjectProperty("status").put("phase", "Succeeded"));
    }
    c.edit(
        Resources.JOBS,
        "j",
        n -> ((ObjectNode) n.path("spec")).put("completions", 1).put("parallelism", 2));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.told("TooManySucceededPods"))
        .containsExactly(
            "job-controller Warning: Too many succeeded pods running after completion count"
                + " reached");
    assertThat(c.told("Completed")).containsExactly("job-controller Normal: Job completed");
  }

  @Test
  void aJobTellsWhenItsSuspensionWasLookedAt() {
    c.create(
        Resources.JOBS,
        """
        {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"j"},
         "spec":{"suspend":true,"completions":1,"parallelism":1,"backoffLimit":1,
          "selector":{"matchLabels":{"job":"x"}},
          "template":{"metadata":{"labels":{"job":"x"}},
           "spec":{"restartPolicy":"Never","containers":[{"name":"c"}]}}}}\
        """);
    c.pass(Duration.ofSeconds(1));
    for (boolean suspended : new boolean[] {true, false}) {
      c.edit(Resources.JOBS, "j", n -> ((ObjectNode) n.path("spec")).put("suspend", suspended));
      c.pass(Duration.ofSeconds(1));
      var condition = Conditions.find(c.get(Resources.JOBS, "j"), "Suspended");
      assertThat(condition.path("status").asText()).isEqualTo(suspended ? "True" : "False");
      assertThat(condition.path("lastProbeTime").asText())
          .isNotEmpty()
          .isEqualTo(condition.path("lastTransitionTime").asText());
    }
    assertThat(c.told("Suspended")).containsExactly("job-controller Normal: Job suspended");
    assertThat(c.told("Resumed")).containsExactly("job-controller Normal: Job resumed");
  }

  @Test
  void aStatefulSetTellsOfAClaimThatWasDeletedAndIsStillThere() {
    statefulSet();
    c.api.change(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "default",
        "data-s-0",
        n -> n.withObjectProperty("metadata").putArray("finalizers").add("example.com/stay"));
    c.delete(Resources.PERSISTENT_VOLUME_CLAIMS, "data-s-0", DeleteOptions.DEFAULT);
    c.delete(Resources.PODS, "s-0", DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.pods()).isEmpty();
    assertThat(c.told("FailedCreate"))
        .contains(
            "statefulset-controller Warning: create Pod s-0 in StatefulSet s failed error: pvc"
                + " data-s-0 is being deleted");
  }
}
