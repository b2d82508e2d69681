package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.pods.Pods;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Why a Job has failed, in the words of its condition: by a rule, by its indexes, by too many
 * failures or by its deadline.
 */
record JobFailure(String reason, String message) {

  /**
   * @param failed how many pods have, those included that are not in the status yet
   */
  static Optional<JobFailure> of(
      KubeObject job, JsonNode status, List<KubeObject> pods, int failed, Instant now) {
    for (KubeObject pod : pods) {
      // Those without the finalizer are counted, or went because fewer were wanted.
      if (JobCounts.isTracked(pod)
          && Pods.phase(pod).equals("Failed")
          && FailurePolicy.of(job, pod) instanceof FailurePolicy.Verdict.FailJob rule) {
        return Optional.of(new JobFailure("PodFailurePolicy", rule.message()));
      }
    }
    int limit = job.at("spec", "backoffLimit").asInt(6);
    if (failed > limit || restartedTooOften(job, pods, limit)) {
      return Optional.of(
          new JobFailure("BackoffLimitExceeded", "Job has reached the specified backoff limit"));
    }
    if (Timestamps.parse(status.path("startTime").asText("")) != null
        && job.at("spec", "activeDeadlineSeconds").isNumber()
        && !job.at("spec", "suspend").asBoolean()
        && untilDeadline(job, status, now).isZero()) {
      return Optional.of(
          new JobFailure("DeadlineExceeded", "Job was active longer than specified deadline"));
    }
    if (FailedIndexes.areTooMany(job, status)) {
      return Optional.of(
          new JobFailure(
              "MaxFailedIndexesExceeded",
              "Job has exceeded the specified maximal number of failed indexes"));
    }
    return FailedIndexes.endJob(job, status)
        ? Optional.of(new JobFailure("FailedIndexes", "Job has failed indexes"))
        : Optional.empty();
  }

  /** Of pods that begin again in place, each time that a container does is a failure. */
  private static boolean restartedTooOften(KubeObject job, List<KubeObject> pods, int limit) {
    if (!job.text("spec", "template", "spec", "restartPolicy").equals("OnFailure")) {
      return false;
    }
    int restarts = 0;
    for (KubeObject pod : pods) {
      if (Pods.phase(pod).equals("Running") || Pods.phase(pod).equals("Pending")) {
        for (String list : List.of("initContainerStatuses", "containerStatuses")) {
          for (JsonNode container : pod.at("status", list)) {
            restarts += container.path("restartCount").asInt(0);
          }
        }
      }
    }
    return restarts >= Math.max(1, limit);
  }

  /** Zero where there is none, or it has passed. */
  static Duration untilDeadline(KubeObject job, JsonNode status, Instant now) {
    JsonNode deadline = job.at("spec", "activeDeadlineSeconds");
    Instant start = Timestamps.parse(status.path("startTime").asText(""));
    if (!deadline.isNumber() || start == null || job.at("spec", "suspend").asBoolean()) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, start.plusSeconds(deadline.asLong()));
    return left.isPositive() ? left : Duration.ZERO;
  }
}
