package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.IntStream;

/** Upstream's stable metrics of Jobs, under its names, labels and buckets. */
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

  /**
   * Counts what a status says for the first time: pods that ended, and that the Job did.
   *
   * @param job with the status before
   * @param status that was written
   */
  void written(KubeObject job, JsonNode status) {
    pods(job, "succeeded", status);
    pods(job, "failed", status);
    ended(job, "Complete", "succeeded", status);
    ended(job, "Failed", "failed", status);
  }

  private void pods(KubeObject job, String result, JsonNode status) {
    int more = status.path(result).asInt(0) - job.at("status", result).asInt(0);
    if (more > 0) {
      registry
          .counter("job_controller_job_pods_finished_total", mode(job).and("result", result))
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
