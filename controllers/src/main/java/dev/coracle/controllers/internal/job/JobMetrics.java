package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Upstream's metrics of Jobs, under its names, labels and buckets. */
final class JobMetrics {

  /** What a sync did of a Job's pods. */
  enum Action {
    /** It waits for pods that it made or deleted before. */
    RECONCILING,
    /** There are as many as there should be. */
    TRACKING,
    PODS_CREATED,
    PODS_DELETED;

    private String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** From 4 ms on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 15).mapToObj(i -> Duration.ofMillis(4L << i)).toArray(Duration[]::new);

  private final MeterRegistry registry;

  JobMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  private static Tags mode(KubeObject job) {
    return Tags.of("completion_mode", JobCounts.isIndexed(job) ? "Indexed" : "NonIndexed");
  }

  void synced(KubeObject job, Action action, boolean good, Duration took) {
    Tags tags = mode(job).and("result", good ? "success" : "error", "action", action.label());
    registry.counter("job_controller_job_syncs_total", tags).increment();
    Timer.builder("job_controller_job_sync_duration_seconds")
        .description("Time a sync of a Job took")
        .tags(tags)
        .serviceLevelObjectives(BUCKETS)
        .register(registry)
        .record(took);
  }

  /** A Job appeared that another controller manages. */
  void external(String controller) {
    registry
        .counter("job_controller_jobs_by_external_controller_total", "controller_name", controller)
        .increment();
  }

  /**
   * A pod was made, or could not be.
   *
   * @param failed how many of the Job have, so far
   * @param terminating how many are about to go
   */
  void created(KubeObject job, int failed, int terminating, boolean good) {
    String reason =
        failed == 0 && terminating == 0
            ? "new"
            : failed > 0 && job.text("spec", "podReplacementPolicy").equals("Failed")
                ? "recreate_failed"
                : "recreate_terminating_or_failed";
    registry
        .counter(
            "job_controller_job_pods_creation_total",
            "reason",
            reason,
            "status",
            good ? "succeeded" : "failed")
        .increment();
  }

  /** A rule of a failure policy said what is to become of a pod that failed. */
  void handled(String action) {
    registry
        .counter("job_controller_pod_failures_handled_by_failure_policy_total", "action", action)
        .increment();
  }

  /** Of finished pods, with the finalizer or no longer; null for one that is not there. */
  void tracked(@Nullable KubeObject before, @Nullable KubeObject now) {
    boolean was = isTrackedAtItsEnd(before);
    boolean is = isTrackedAtItsEnd(now);
    if (was != is) {
      registry
          .counter(
              "job_controller_terminated_pods_tracking_finalizer_total",
              "event",
              is ? "add" : "delete")
          .increment();
    }
  }

  private static boolean isTrackedAtItsEnd(@Nullable KubeObject pod) {
    return pod != null && Pods.isFinished(pod) && JobCounts.isTracked(pod);
  }

  /**
   * Counts what a status says for the first time: pods that ended, and that the Job did.
   *
   * @param job with the status before
   * @param status that was written
   */
  void written(KubeObject job, JsonNode status) {
    pods(job, "succeeded", status);
    pods(job, "failed", status);
    if (JobCounts.isIndexed(job)) {
      // Of these the status has the number, which is much less to read than the list.
      indexes(job, "succeeded", more(job, "succeeded", status));
      indexes(
          job,
          "failed",
          FailedIndexes.of(job, status).size() - FailedIndexes.of(job, job.at("status")).size());
    }
    ended(job, "Complete", "succeeded", status);
    ended(job, "Failed", "failed", status);
  }

  private static int more(KubeObject job, String result, JsonNode status) {
    return status.path(result).asInt(0) - job.at("status", result).asInt(0);
  }

  private void pods(KubeObject job, String result, JsonNode status) {
    int more = more(job, result, status);
    if (more > 0) {
      registry
          .counter("job_controller_job_pods_finished_total", mode(job).and("result", result))
          .increment(more);
    }
  }

  private void indexes(KubeObject job, String status, int more) {
    if (more > 0) {
      String limit = FailedIndexes.apply(job) ? "perIndex" : "global";
      registry
          .counter(
              "job_controller_job_finished_indexes_total", "status", status, "backoffLimit", limit)
          .increment(more);
    }
  }

  private void ended(KubeObject job, String condition, String result, JsonNode status) {
    JsonNode now = Conditions.find(status, condition);
    if (now.path("status").asText("").equals("True") && !Conditions.isTrue(job, condition)) {
      Tags tags = mode(job).and("result", result, "reason", now.path("reason").asText(""));
      registry.counter("job_controller_jobs_finished_total", tags).increment();
    }
  }
}
