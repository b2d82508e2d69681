package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldPath;
import java.util.function.Consumer;

/** What to tell whoever writes an object from whose template Pods are made. */
final class WorkloadWarnings {

  private static final FieldPath TEMPLATE = FieldPath.SPEC.child("template");
  private static final FieldPath CLAIMS = FieldPath.SPEC.child("volumeClaimTemplates");

  private WorkloadWarnings() {}

  static void template(ObjectNode object, Consumer<String> to) {
    new PodWarnings(object.path("spec").path("template"), TEMPLATE, to).tell();
  }

  static void job(ObjectNode job, Consumer<String> to) {
    job(job.path("spec"), FieldPath.SPEC, to);
  }

  static void cronJob(ObjectNode cron, Consumer<String> to) {
    JsonNode spec = cron.path("spec").path("jobTemplate").path("spec");
    job(spec, FieldPath.SPEC.child("jobTemplate", "spec"), to);
  }

  private static void job(JsonNode spec, FieldPath path, Consumer<String> to) {
    if (spec.path("completionMode").asText("").equals("Indexed")
        && spec.path("completions").asLong() > 100_000
        && spec.path("parallelism").asLong() > 10_000) {
      to.accept(
          path
              + ": In Indexed Jobs with a number of completions higher than 10^5 and a parallelism"
              + " higher than 10^4, Kubernetes might not be able to track completedIndexes when a"
              + " big number of indexes fail");
    }
    new PodWarnings(spec.path("template"), path.child("template"), to).tell();
  }

  /**
   * Whether a change leaves alone what was told of when it was made: a DaemonSet tells by its
   * template, others by their generation.
   */
  static boolean isTold(String kind, ObjectNode now, JsonNode before) {
    if (kind.equals("apps/DaemonSet")) {
      return now.path("spec").path("template").equals(before.path("spec").path("template"));
    }
    JsonNode generation = now.path("metadata").path("generation");
    return generation.asLong() > 0
        && generation.asLong() == before.path("metadata").path("generation").asLong();
  }

  /**
   * What is told with every write, whatever it changes.
   *
   * @param created whether the object is new
   */
  static void always(String kind, ObjectNode object, boolean created, Consumer<String> to) {
    JsonNode spec = object.path("spec");
    if (kind.equals("apps/StatefulSet")) {
      int i = 0;
      for (JsonNode claim : spec.path("volumeClaimTemplates")) {
        FieldPath at = CLAIMS.index(i++);
        // Upstream names the claims of an update that way.
        PodWarnings.claim(claim.path("spec"), created ? at : at.child("Spec"), to);
      }
      if (spec.path("revisionHistoryLimit").asInt(0) < 0) {
        to.accept(
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value"
                + " >= 0 is recommended");
      }
    } else if (kind.equals("batch/CronJob")
        && !created
        && spec.path("schedule").asText("").contains("TZ")) {
      to.accept(
          "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see"
              + " https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more"
              + " details");
    }
  }
}
