package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An indexed Job whose indexes fail each for itself ({@code backoffLimitPerIndex}, KEP-3850). How
 * often an index has failed stands in annotations of its next pod, so it outlives the pods; until
 * there is a next one, the last one that failed is kept from going.
 */
final class FailedIndexes {

  static final String COUNT = "batch.kubernetes.io/job-index-failure-count";

  /** Failures that a rule lets pass: they put the next try off, but do not bring the limit near. */
  static final String IGNORED = "batch.kubernetes.io/job-index-ignored-failure-count";

  private static final Comparator<KubeObject> LATER =
      Comparator.comparingInt(FailedIndexes::all).thenComparing(JobBackoff::finishTime);

  private FailedIndexes() {}

  static boolean apply(KubeObject job) {
    return JobCounts.isIndexed(job) && job.at("spec", "backoffLimitPerIndex").isNumber();
  }

  /** Adds the indexes that have failed for good to {@code status.failedIndexes}. */
  static void record(ObjectNode status, KubeObject job, List<KubeObject> pods) {
    if (!apply(job)) {
      return;
    }
    TreeSet<Integer> failed = of(job, status);
    pods.stream()
        .filter(p -> JobCounts.isTracked(p) && JobCounts.isFailed(job, p) && isTheLast(job, p))
        .forEach(p -> JobCounts.index(job, p).ifPresent(failed::add));
    failed.removeAll(JobCounts.completed(job, status));
    status.put("failedIndexes", JobCounts.format(failed));
  }

  private static boolean isTheLast(KubeObject job, KubeObject failed) {
    return switch (FailurePolicy.of(job, failed)) {
      case FailurePolicy.Verdict.FailIndex _ -> true;
      case FailurePolicy.Verdict.Ignore _ -> false;
      case FailurePolicy.Verdict.Count _, FailurePolicy.Verdict.FailJob _ ->
          number(failed, COUNT) >= job.at("spec", "backoffLimitPerIndex").asInt();
    };
  }

  static TreeSet<Integer> of(KubeObject job, JsonNode status) {
    TreeSet<Integer> failed = JobCounts.parse(status.path("failedIndexes").asText(""));
    failed.tailSet(job.at("spec", "completions").asInt(0)).clear();
    return failed;
  }

  static boolean areTooMany(KubeObject job, JsonNode status) {
    JsonNode most = job.at("spec", "maxFailedIndexes");
    return apply(job) && most.isNumber() && of(job, status).size() > most.asInt();
  }

  /** All indexes have ended, and some of them badly. */
  static boolean endJob(KubeObject job, JsonNode status) {
    return apply(job)
        && !of(job, status).isEmpty()
        && of(job, status).size() + JobCounts.total(status, "succeeded")
            >= job.at("spec", "completions").asInt();
  }

  /** The pod of each index that failed last, where there is no other one in its place yet. */
  static Map<Integer, KubeObject> awaiting(KubeObject job, JsonNode status, List<KubeObject> pods) {
    if (!apply(job)) {
      return Map.of();
    }
    Set<Integer> settled = new HashSet<>(JobCounts.completed(job, status));
    settled.addAll(of(job, status));
    pods.stream()
        .filter(Pods::isActive)
        .forEach(p -> JobCounts.index(job, p).ifPresent(settled::add));
    Map<Integer, KubeObject> last = new TreeMap<>();
    for (KubeObject pod : pods) {
      if (JobCounts.isTracked(pod) && JobCounts.isFailed(job, pod)) {
        JobCounts.index(job, pod)
            .filter(i -> !settled.contains(i))
            .ifPresent(i -> last.merge(i, pod, (a, b) -> LATER.compare(a, b) > 0 ? a : b));
      }
    }
    return last;
  }

  /**
   * Writes down how often an index has failed.
   *
   * @param before its last pod, null for its first one
   */
  static void annotate(ObjectNode annotations, KubeObject job, @Nullable KubeObject before) {
    int failures = 0;
    int ignored = 0;
    if (before != null) {
      boolean passes = FailurePolicy.of(job, before) instanceof FailurePolicy.Verdict.Ignore;
      failures = number(before, COUNT) + (passes ? 0 : 1);
      ignored = number(before, IGNORED) + (passes ? 1 : 0);
    }
    annotations.put(COUNT, Integer.toString(failures));
    if (ignored > 0) {
      annotations.put(IGNORED, Integer.toString(ignored));
    }
  }

  /** How often the index of this pod had failed before it, whether that counts or not. */
  static int all(KubeObject pod) {
    return number(pod, COUNT) + number(pod, IGNORED);
  }

  private static int number(KubeObject pod, String annotation) {
    try {
      return Math.max(0, Integer.parseInt(pod.annotation(annotation).orElse("0")));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
