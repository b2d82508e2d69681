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
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;

/** Deletes a Job {@code ttlSecondsAfterFinished} after its end. */
public final class TtlController extends LoopController {

  private final Lister jobs;

  public TtlController(Environment env) {
    super("ttl-after-finished-controller", env);
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
        .replaceWith(Result.DONE)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(Result.DONE);
  }
}
