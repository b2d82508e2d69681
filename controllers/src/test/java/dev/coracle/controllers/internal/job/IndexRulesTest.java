package dev.coracle.controllers.internal.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Indexes that fail each for itself, and successes that need not be whole. */
class IndexRulesTest {

  private static KubeObject job(String rules) {
    return KubeObject.parse(
        """
        {"metadata": {"name": "j"}, "spec": {"completionMode": "Indexed", "completions": 4, %s}}
        """
            .formatted(rules));
  }

  private static KubeObject failed(int index, int before, int exitCode) {
    return KubeObject.parse(
        """
        {"metadata": {"name": "p", "finalizers": ["batch.kubernetes.io/job-tracking"],
          "annotations": {
           "batch.kubernetes.io/job-completion-index": "%d",
           "batch.kubernetes.io/job-index-failure-count": "%d"}},
         "status": {"phase": "Failed", "containerStatuses": [
           {"name": "c", "state": {"terminated": {"exitCode": %d}}}]}}
        """
            .formatted(index, before, exitCode));
  }

  private static ObjectNode status(String completed) {
    return Json.object().put("completedIndexes", completed);
  }

  @Test
  void anIndexFailsForGoodBeyondItsLimit() {
    KubeObject job = job("\"backoffLimitPerIndex\": 1");
    ObjectNode status = status("0");
    FailedIndexes.record(status, job, List.of(failed(1, 0, 1), failed(2, 1, 1)));
    assertThat(status.path("failedIndexes").asText()).isEqualTo("2");
    ObjectNode annotations = Json.object();
    FailedIndexes.annotate(annotations, job, failed(1, 1, 1));
    assertThat(annotations.path(FailedIndexes.COUNT).asText()).isEqualTo("2");
    FailedIndexes.annotate(annotations, job, null);
    assertThat(annotations.path(FailedIndexes.COUNT).asText()).isEqualTo("0");
  }

  @Test
  void aRuleFailsAnIndexAtOnce() {
    KubeObject job =
        job(
            "\"backoffLimitPerIndex\": 9, \"podFailurePolicy\": {\"rules\": [{\"action\":"
                + " \"FailIndex\", \"onExitCodes\": {\"operator\": \"In\", \"values\": [42]}}]}");
    ObjectNode status = status("");
    FailedIndexes.record(status, job, List.of(failed(1, 0, 42), failed(2, 0, 1)));
    assertThat(status.path("failedIndexes").asText()).isEqualTo("1");
  }

  @Test
  void theJobEndsWhenAllIndexesHaveOrTooManyAreBad() {
    KubeObject job = job("\"backoffLimitPerIndex\": 0, \"maxFailedIndexes\": 1");
    ObjectNode status = status("0,1").put("succeeded", 2).put("failedIndexes", "2");
    assertThat(FailedIndexes.areTooMany(job, status)).isFalse();
    assertThat(FailedIndexes.endJob(job, status)).isFalse();
    status.put("failedIndexes", "2,3");
    assertThat(FailedIndexes.areTooMany(job, status)).isTrue();
    assertThat(FailedIndexes.endJob(job, status)).isTrue();
  }

  @Test
  void aJobWithoutALimitOfItsIndexesIsLeftAlone() {
    ObjectNode status = status("");
    FailedIndexes.record(status, job("\"backoffLimit\": 0"), List.of(failed(1, 5, 1)));
    assertThat(status.has("failedIndexes")).isFalse();
  }

  @Test
  void successNeedsTheNamedIndexesOrTheirNumber() {
    String rules = "\"successPolicy\": {\"rules\": [{\"succeededIndexes\": \"0,2-3\"%s}]}";
    assertThat(SuccessPolicy.met(job(rules.formatted("")), status("0,2"))).isEmpty();
    assertThat(SuccessPolicy.met(job(rules.formatted("")), status("0,2,3")))
        .contains("Matched rules at index 0");
    KubeObject counted = job(rules.formatted(", \"succeededCount\": 2"));
    assertThat(SuccessPolicy.met(counted, status("0,1"))).isEmpty();
    assertThat(SuccessPolicy.met(counted, status("0,3"))).isPresent();
    KubeObject any = job("\"successPolicy\": {\"rules\": [{\"succeededCount\": 2}]}");
    assertThat(SuccessPolicy.met(any, status("1"))).isEmpty();
    assertThat(SuccessPolicy.met(any, status("1,2"))).isPresent();
  }

  @Test
  void aDeletedPodWithAFailurePolicyCountsOnlyWhenItHasEnded() {
    KubeObject deleting =
        KubeObject.parse(
            """
            {"metadata": {"name": "p", "deletionTimestamp": "2026-01-01T00:00:00Z"},
             "status": {"phase": "Running"}}
            """);
    assertThat(JobCounts.isFailed(job("\"backoffLimit\": 0"), deleting)).isTrue();
    assertThat(JobCounts.isFailed(job("\"podFailurePolicy\": {\"rules\": []}"), deleting))
        .isFalse();
    assertThat(JobCounts.isFailed(job("\"podReplacementPolicy\": \"Failed\""), deleting)).isFalse();
  }

  @Test
  void soManyPodsAreCountedAtATime() {
    KubeObject job = KubeObject.parse("{\"metadata\": {\"name\": \"j\"}, \"spec\": {}}");
    List<KubeObject> pods =
        IntStream.range(0, JobCounts.MOST_UNCOUNTED + 7)
            .mapToObj(i ->
                failed(0, 0, 1).with(n -> ((ObjectNode) n.path("metadata")).put("uid", "u" + i)))
            .toList();
    ObjectNode status = Json.object();
    assertThat(JobCounts.record(status, job, pods)).hasSize(JobCounts.MOST_UNCOUNTED);
    assertThat(status.at("/uncountedTerminatedPods/failed")).hasSize(JobCounts.MOST_UNCOUNTED);
    assertThat(JobCounts.record(status, job, pods)).hasSize(JobCounts.MOST_UNCOUNTED);
    JobCounts.settle(status, pods.subList(100, pods.size()));
    assertThat(JobCounts.record(status, job, pods.subList(100, pods.size())))
        .hasSize(JobCounts.MOST_UNCOUNTED - 93);
    assertThat(JobCounts.total(status, "failed")).isEqualTo(pods.size());
  }
}
