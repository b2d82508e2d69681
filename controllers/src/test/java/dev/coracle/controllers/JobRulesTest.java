package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Which pods of a Job count as failed, which go, and what the next ones are told. */
class JobRulesTest {

  private static final String FINALIZER = "batch.kubernetes.io/job-tracking";
  private static final String INDEX = "batch.kubernetes.io/job-completion-index";
  private static final String FAILURES = "batch.kubernetes.io/job-index-failure-count";

  private final Cluster c = new Cluster();

  private static String job(String name, String rules, String restart) {
    return """
    {"apiVersion":"batch/v1","kind":"Job","metadata":{"namespace":"default","name":"%s"},
     "spec":{%s,"selector":{"matchLabels":{"job":"j"}},
      "template":{"metadata":{"labels":{"job":"j"}},
       "spec":{"restartPolicy":"%s","containers":[{"name":"c","image":"i",
        "env":[{"name":"OWN","value":"1"}]}]}}}}\
    """
        .formatted(name, rules, restart);
  }

  private void create(String rules) {
    c.create(Resources.JOBS, job("j", rules, "Never"));
    c.pass(Duration.ofSeconds(1));
  }

  private void edit(Consumer<ObjectNode> change) {
    c.edit(Resources.JOBS, "j", n -> change.accept(n.withObjectProperty("spec")));
    c.pass(Duration.ofSeconds(1));
  }

  private KubeObject job() {
    return c.get(Resources.JOBS, "j");
  }

  private int status(String field) {
    return job().at("status", field).asInt(0);
  }

  private List<KubeObject> running() {
    return c.pods().stream()
        .filter(p -> p.text("status", "phase").equals("Running") && !p.isDeleting())
        .toList();
  }

  private KubeObject running(int index) {
    return running().stream()
        .filter(p -> p.annotation(INDEX).equals(Optional.of(Integer.toString(index))))
        .findFirst()
        .orElseThrow();
  }

  private void end(KubeObject pod, int code) {
    c.api.change(
        Resources.PODS,
        "default",
        pod.name(),
        n -> {
          ObjectNode status = n.withObjectProperty("status");
          status.put("phase", code == 0 ? "Succeeded" : "Failed");
          status
              .putArray("containerStatuses")
              .addObject()
              .put("name", "c")
              .putObject("state")
              .putObject("terminated")
              .put("exitCode", code)
              .put("finishedAt", Timestamps.time(c.context.clock().instant()));
        });
    c.pass(Duration.ofSeconds(1));
  }

  private double count(String metric, String... tags) {
    return c.registry.counter("job_controller_" + metric, tags).count();
  }

  @Test
  void podsThatASuspendedJobLosesHaveNotFailed() {
    create("\"completions\":2,\"parallelism\":2,\"backoffLimit\":0");
    edit(spec -> spec.put("suspend", true));
    assertThat(c.pods()).isEmpty();
    assertThat(status("failed")).isZero();
    edit(spec -> spec.put("suspend", false));
    assertThat(running()).hasSize(2);
    assertThat(status("failed")).isZero();
  }

  @Test
  void indexesOfASuspendedJobHaveNotFailed() {
    c.stopTime = Duration.ofSeconds(20);
    create(
        "\"completions\":1,\"parallelism\":1,\"backoffLimitPerIndex\":0,\"backoffLimit\":9,"
            + "\"completionMode\":\"Indexed\",\"podFailurePolicy\":{\"rules\":[{\"action\":"
            + "\"FailJob\",\"onExitCodes\":{\"operator\":\"In\",\"values\":[143]}}]}");
    KubeObject pod = running(0);
    edit(spec -> spec.put("suspend", true));
    end(pod, 143);
    c.pass(Duration.ofSeconds(20));
    assertThat(job().text("status", "failedIndexes")).isEmpty();
    edit(spec -> spec.put("suspend", false));
    assertThat(running(0).annotations()).containsEntry(FAILURES, "0");
  }

  @Test
  void podsThatAreTooManyHaveNotFailed() {
    create("\"completions\":4,\"parallelism\":4,\"backoffLimit\":0");
    edit(spec -> spec.put("parallelism", 1));
    assertThat(running()).hasSize(1);
    assertThat(status("failed")).isZero();
    assertThat(job().at("status", "conditions")).isEmpty();
  }

  @Test
  void aPodThatSomebodyDeletesHasFailed() {
    create("\"completions\":1,\"parallelism\":1,\"backoffLimit\":3");
    c.delete(Resources.PODS, running().getFirst().name(), DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    assertThat(status("failed")).isEqualTo(1);
  }

  @Test
  void aPodThatItsJobNoLongerHasMayGo() {
    create("\"completions\":1,\"parallelism\":1,\"backoffLimit\":3");
    String pod = running().getFirst().name();
    c.api.change(
        Resources.PODS,
        "default",
        pod,
        n -> {
          n.withObjectProperty("metadata").remove("ownerReferences");
          n.withObjectProperty("metadata").remove("labels");
        });
    c.pass(Duration.ofSeconds(1));
    assertThat(c.get(Resources.PODS, pod).finalizers()).isEmpty();
    assertThat(running()).hasSize(2);
  }

  @Test
  void podsThatADeletedJobLeavesBehindMayGo() {
    create("\"completions\":2,\"parallelism\":2,\"backoffLimit\":3");
    c.delete(Resources.JOBS, "j", new DeleteOptions(-1, "Orphan", "", "", false));
    c.pass(Duration.ofSeconds(1));
    assertThat(running())
        .hasSize(2)
        .allSatisfy(p -> {
          assertThat(p.finalizers()).isEmpty();
          assertThat(p.controllerOwner()).isEmpty();
        });
  }

  @Test
  void restartsInPlaceCountAllTogetherUpToTheLimit() {
    c.create(
        Resources.JOBS,
        job("j", "\"completions\":2,\"parallelism\":2,\"backoffLimit\":3", "OnFailure"));
    c.pass(Duration.ofSeconds(1));
    restarts(running().getFirst(), "initContainerStatuses", 2);
    assertThat(job().at("status", "conditions")).isEmpty();
    restarts(running().getLast(), "containerStatuses", 1);
    assertThat(job().at("status", "conditions").findValuesAsText("reason"))
        .containsOnly("BackoffLimitExceeded")
        .isNotEmpty();
  }

  private void restarts(KubeObject pod, String list, int times) {
    c.api.change(
        Resources.PODS,
        "default",
        pod.name(),
        n -> n.withObjectProperty("status").putArray(list).addObject().put("restartCount", times));
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void aPodThatNoContainerOfBeganIsWaitedForFromWhenItWasMade() {
    create("\"completions\":1,\"parallelism\":1,\"backoffLimit\":6");
    c.api.change(
        Resources.PODS,
        "default",
        running().getFirst().name(),
        n -> n.putObject("status").put("phase", "Failed").put("reason", "NodeAffinity"));
    c.pass(Duration.ofSeconds(8));
    assertThat(c.pods()).hasSize(1);
    c.pass(Duration.ofSeconds(3));
    assertThat(running()).hasSize(1);
  }

  @Test
  void anIndexedJobOfFewerCompletionsForgetsTheRest() {
    create("\"completions\":3,\"parallelism\":3,\"backoffLimit\":6,\"completionMode\":\"Indexed\"");
    end(running(2), 0);
    assertThat(job().text("status", "completedIndexes")).isEqualTo("2");
    assertThat(status("succeeded")).isEqualTo(1);
    edit(spec -> spec.put("completions", 1).put("parallelism", 1));
    assertThat(job().text("status", "completedIndexes")).isEmpty();
    assertThat(status("succeeded")).isZero();
    assertThat(running()).extracting(p -> p.annotations().get(INDEX)).containsExactly("0");
    assertThat(status("failed")).isZero();
    edit(spec -> spec.put("completions", 3).put("parallelism", 3));
    assertThat(running())
        .extracting(p -> p.annotations().get(INDEX))
        .containsExactlyInAnyOrder("0", "1", "2");
  }

  @Test
  void ofTwoPodsOfAnIndexOneGoes() {
    create("\"completions\":2,\"parallelism\":2,\"backoffLimit\":6,\"completionMode\":\"Indexed\"");
    c.api.change(
        Resources.PODS,
        "default",
        running(1).name(),
        n -> n.withObjectProperty("metadata").withObjectProperty("annotations").put(INDEX, "0"));
    c.pass(Duration.ofSeconds(2));
    assertThat(running())
        .extracting(p -> p.annotations().get(INDEX))
        .containsExactlyInAnyOrder("0", "1");
  }

  @Test
  void theLastPodOfAnIndexStaysUntilTheNextOneKnowsOfItsFailure() {
    create(
        "\"completions\":1,\"parallelism\":1,\"backoffLimitPerIndex\":1,\"backoffLimit\":9,"
            + "\"completionMode\":\"Indexed\"");
    KubeObject first = running(0);
    end(first, 1);
    c.delete(Resources.PODS, first.name(), DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(1));
    assertThat(c.get(Resources.PODS, first.name()).finalizers()).containsExactly(FINALIZER);
    c.pass(Duration.ofSeconds(10));
    assertThat(running(0).annotations()).containsEntry(FAILURES, "1");
    assertThat(c.peek(Resources.PODS, first.name())).isNull();
    assertThat(status("failed")).isEqualTo(1);
    end(running(0), 1);
    assertThat(job().text("status", "failedIndexes")).isEqualTo("0");
    assertThat(c.pods()).allSatisfy(p -> assertThat(p.finalizers()).isEmpty());
  }

  @Test
  void failuresThatARuleIgnoresDoNotBringTheLimitNear() {
    create(
        "\"completions\":1,\"parallelism\":1,\"backoffLimitPerIndex\":0,\"backoffLimit\":9,"
            + "\"completionMode\":\"Indexed\",\"podFailurePolicy\":{\"rules\":[{\"action\":"
            + "\"Ignore\",\"onExitCodes\":{\"operator\":\"In\",\"values\":[42]}}]}");
    end(running(0), 42);
    c.pass(Duration.ofSeconds(10));
    assertThat(running(0).annotations())
        .containsEntry(FAILURES, "0")
        .containsEntry("batch.kubernetes.io/job-index-ignored-failure-count", "1");
    assertThat(status("failed")).isZero();
    assertThat(count("pod_failures_handled_by_failure_policy_total", "action", "Ignore"))
        .isEqualTo(1);
    end(running(0), 1);
    assertThat(job().text("status", "failedIndexes")).isEqualTo("0");
    assertThat(count("pod_failures_handled_by_failure_policy_total", "action", "Count")).isZero();
  }

  @Test
  void whatASuccessfulJobDoesNotNeedHasNotFailed() {
    create(
        "\"completions\":3,\"parallelism\":3,\"backoffLimit\":6,\"completionMode\":\"Indexed\","
            + "\"successPolicy\":{\"rules\":[{\"succeededIndexes\":\"0\"}]}");
    end(running(0), 0);
    assertThat(job().at("status", "conditions").findValuesAsText("type"))
        .containsExactly("SuccessCriteriaMet", "Complete");
    assertThat(status("failed")).isZero();
    assertThat(status("succeeded")).isEqualTo(1);
    assertThat(c.pods()).hasSize(1);
  }

  @Test
  void allOfManyPodsAreCountedAndMayGo() {
    create("\"completions\":600,\"parallelism\":600,\"backoffLimit\":0");
    List<KubeObject> all = running();
    assertThat(all).hasSize(600);
    for (KubeObject pod : all) {
      c.api.change(
          Resources.PODS,
          "default",
          pod.name(),
          n -> n.withObjectProperty("status").put("phase", "Failed"));
    }
    c.pass(Duration.ofSeconds(5));
    assertThat(job().at("status", "conditions").findValuesAsText("type"))
        .containsExactly("FailureTarget", "Failed");
    assertThat(status("failed")).isEqualTo(600);
    assertThat(c.pods()).hasSize(600).allSatisfy(p -> assertThat(p.finalizers()).isEmpty());
  }

  @Test
  void anIndexOfALongNameIsNotLost() {
    String name = "j".repeat(60);
    c.create(
        Resources.JOBS,
        job(
            name,
            "\"completions\":1,\"parallelism\":1,\"backoffLimit\":6,"
                + "\"completionMode\":\"Indexed\"",
            "Never"));
    c.pass(Duration.ofSeconds(1));
    assertThat(running().getFirst().name()).startsWith("j".repeat(55) + "-0-");
  }

  @Test
  void whatPodsAndIndexesComeToIsCounted() {
    create(
        "\"completions\":2,\"parallelism\":2,\"backoffLimitPerIndex\":0,\"backoffLimit\":9,"
            + "\"completionMode\":\"Indexed\"");
    String[] made = {"reason", "new", "status", "succeeded"};
    assertThat(count("job_pods_creation_total", made)).isEqualTo(2);
    end(running(0), 0);
    end(running(1), 1);
    String[] succeeded = {"status", "succeeded", "backoffLimit", "perIndex"};
    String[] failed = {"status", "failed", "backoffLimit", "perIndex"};
    assertThat(count("job_finished_indexes_total", succeeded)).isEqualTo(1);
    assertThat(count("job_finished_indexes_total", failed)).isEqualTo(1);
    assertThat(count("terminated_pods_tracking_finalizer_total", "event", "add")).isEqualTo(2);
    assertThat(count("terminated_pods_tracking_finalizer_total", "event", "delete")).isEqualTo(2);
  }

  @Test
  void podsThatComeAfterFailuresAreCountedAsSuch() {
    create("\"completions\":1,\"parallelism\":1,\"backoffLimit\":6");
    end(running().getFirst(), 1);
    c.pass(Duration.ofSeconds(11));
    String[] again = {"reason", "recreate_terminating_or_failed", "status", "succeeded"};
    assertThat(count("job_pods_creation_total", again)).isEqualTo(1);
  }

  @Test
  void jobsOfOthersAreCounted() {
    create("\"completions\":1,\"parallelism\":1,\"managedBy\":\"example.com/own\"");
    assertThat(c.pods()).isEmpty();
    assertThat(count("jobs_by_external_controller_total", "controller_name", "example.com/own"))
        .isEqualTo(1);
  }
}
