package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.List;
import java.util.TreeSet;

/**
 * An indexed Job whose indexes fail each for itself ({@code backoffLimitPerIndex}, KEP-3850). How
 * often an index has failed stands in an annotation of its next pod, so it outlives the pods.
 */
final class FailedIndexes {

  static final String COUNT = "batch.kubernetes.io/job-index-failure-count";

  private FailedIndexes() {}

  static boolean apply(KubeObject job) {
    return JobCounts.isIndexed(job) && job.at("spec", "backoffLimitPerIndex").isNumber();
  }

  /** Adds the indexes that have failed for good to {@code status.failedIndexes}. */
  static void record(ObjectNode status, KubeObject job, List<KubeObject> pods) {
    if (!apply(job)) {
      return;
    }
    TreeSet<Integer> failed = of(status);
    int limit = job.at("spec", "backoffLimitPerIndex").asInt();
    for (KubeObject pod : pods) {
      if (Pods.phase(pod).equals("Failed")
          && (failures(pod) > limit
              || FailurePolicy.of(job, pod) instanceof FailurePolicy.Verdict.FailIndex)) {
        JobCounts.index(pod).ifPresent(failed::add);
      }
    }
    failed.removeAll(JobCounts.parse(status.path("completedIndexes").asText("")));
    status.put("failedIndexes", JobCounts.format(failed));
  }

  static TreeSet<Integer> of(JsonNode status) {
    return JobCounts.parse(status.path("failedIndexes").asText(""));
  }

  static boolean areTooMany(KubeObject job, JsonNode status) {
    JsonNode most = job.at("spec", "maxFailedIndexes");
    return apply(job) && most.isNumber() && of(status).size() > most.asInt();
  }

  /** All indexes have ended, and some of them badly. */
  static boolean endJob(KubeObject job, JsonNode status) {
    return apply(job)
        && !of(status).isEmpty()
        && of(status).size() + JobCounts.total(status, "succeeded")
            >= job.at("spec", "completions").asInt();
  }

  /** How often an index has failed so far. */
  static int failures(List<KubeObject> pods, int index) {
    return pods.stream()
        .filter(p -> JobCounts.index(p).filter(i -> i == index).isPresent())
        .filter(p -> Pods.phase(p).equals("Failed"))
        .mapToInt(FailedIndexes::failures)
        .max()
        .orElse(0);
  }

  private static int failures(KubeObject failed) {
    try {
      return Integer.parseInt(failed.annotation(COUNT).orElse("0")) + 1;
    } catch (NumberFormatException e) {
      return 1;
    }
  }
}
