package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;

/** Deletes a Job {@code ttlSecondsAfterFinished} after its end. */
public final class TtlController extends LoopController {

  /** From a tenth of a second on, each twice the one before. */
  private static final Duration[] BUCKETS =
      IntStream.range(0, 14).mapToObj(i -> Duration.ofMillis(100L << i)).toArray(Duration[]::new);

  private final Lister jobs;
  private final Timer deletions;

  public TtlController(Environment env) {
    super("ttl-after-finished-controller", env);
    this.deletions =
        Timer.builder("ttl_after_finished_controller_job_deletion_duration_seconds")
            .description("Time from when a Job was due to go until it was deleted")
            .serviceLevelObjectives(BUCKETS)
            .register(env.registry());
    Informer informer = env.informer(Resources.JOBS);
    this.jobs = informer.lister();
    onAny(
        informer,
        job -> {
          if (job.at("spec", "ttlSecondsAfterFinished").isNumber()
              && JobController.isFinished(job)) {
            loop.enqueue(job);
          }
        });
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject job = jobs.get(name.namespace(), name.name()).orElse(null);
    if (job == null
        || job.isDeleting()
        || !JobController.isFinished(job)
        || !job.at("spec", "ttlSecondsAfterFinished").isNumber()) {
      return DONE;
    }
    JsonNode end =
        Conditions.isTrue(job, "Complete")
            ? Conditions.find(job, "Complete")
            : Conditions.find(job, "Failed");
    Instant at = Timestamps.parse(end.path("lastTransitionTime").asText(""));
    Instant due =
        (at == null ? env.now() : at)
            .plusSeconds(job.at("spec", "ttlSecondsAfterFinished").asLong());
    Duration left = Duration.between(env.now(), due);
    if (left.isPositive()) {
      return Uni.createFrom().item(Result.requeueAfter(left));
    }
    return env.client()
        .delete(
            Resources.JOBS,
            job.namespace(),
            job.name(),
            new DeleteOptions(-1, "Foreground", job.uid(), job.resourceVersion(), false))
        .invoke(() -> deletions.record(Duration.between(due, env.now())))
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
