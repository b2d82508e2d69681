package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Counts a Job's pods so that none is counted twice and none is lost: a finished pod keeps its
 * finalizer until it stands in {@code uncountedTerminatedPods}, and leaves that list for the totals
 * only when it has lost the finalizer (KEP-2307).
 */
final class JobCounts {

  static final String FINALIZER = "batch.kubernetes.io/job-tracking";
  static final String INDEX = "batch.kubernetes.io/job-completion-index";

  /** So that a status stays small, however many pods end at once. */
  static final int MOST_UNCOUNTED = 500;

  private JobCounts() {}

  static boolean isIndexed(KubeObject job) {
    return job.text("spec", "completionMode").equals("Indexed");
  }

  static boolean isTracked(KubeObject pod) {
    return pod.finalizers().contains(FINALIZER);
  }

  /**
   * Whether its place has to be filled only when it has failed, not as soon as it is deleted. A
   * failure policy needs to see how it ended.
   */
  static boolean replacesFailedOnly(KubeObject job) {
    return job.text("spec", "podReplacementPolicy").equals("Failed")
        || job.at("spec", "podFailurePolicy").isObject();
  }

  /** It has failed, or was deleted before it could end. */
  static boolean isFailed(KubeObject job, KubeObject pod) {
    String phase = Pods.phase(pod);
    return phase.equals("Failed")
        || pod.isDeleting() && !phase.equals("Succeeded") && !replacesFailedOnly(job);
  }

  static Optional<Integer> index(KubeObject pod) {
    try {
      return pod.annotation(INDEX).map(Integer::valueOf).filter(i -> i >= 0);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Empty also where the Job has no such index, as when it has fewer completions than before. */
  static Optional<Integer> index(KubeObject job, KubeObject pod) {
    return index(pod).filter(i -> i < job.at("spec", "completions").asInt(0));
  }

  /** Moves pods that have lost their finalizer from the list to the totals. */
  static void settle(ObjectNode status, List<KubeObject> pods) {
    Set<String> tracked = new HashSet<>();
    pods.stream().filter(JobCounts::isTracked).forEach(p -> tracked.add(p.uid()));
    settle(status, "succeeded", tracked);
    settle(status, "failed", tracked);
  }

  private static void settle(ObjectNode status, String kind, Set<String> tracked) {
    ObjectNode uncounted = status.withObjectProperty("uncountedTerminatedPods");
    ArrayNode kept = dev.coracle.api.Json.array();
    int gone = 0;
    for (JsonNode uid : uncounted.path(kind)) {
      if (tracked.contains(uid.asText())) {
        kept.add(uid);
      } else {
        gone++;
      }
    }
    if (kept.isEmpty()) {
      uncounted.remove(kind);
    } else {
      uncounted.set(kind, kept);
    }
    if (gone > 0) {
      status.put(kind, status.path(kind).asInt(0) + gone);
    }
  }

  /**
   * Brings the indexes that have succeeded up to date, and with them how many pods have: an index
   * counts once, and only as long as the Job has it.
   */
  static void complete(ObjectNode status, KubeObject job, List<KubeObject> pods) {
    if (!isIndexed(job)) {
      return;
    }
    TreeSet<Integer> indexes = completed(job, status);
    pods.stream()
        .filter(p -> isTracked(p) && Pods.phase(p).equals("Succeeded"))
        .forEach(p -> index(job, p).ifPresent(indexes::add));
    status.put("completedIndexes", format(indexes));
    status.withObjectProperty("uncountedTerminatedPods").remove("succeeded");
    if (indexes.isEmpty()) {
      status.remove("succeeded");
    } else {
      status.put("succeeded", indexes.size());
    }
  }

  static TreeSet<Integer> completed(KubeObject job, JsonNode status) {
    TreeSet<Integer> indexes = parse(status.path("completedIndexes").asText(""));
    indexes.tailSet(job.at("spec", "completions").asInt(0)).clear();
    return indexes;
  }

  /**
   * Puts newly finished pods on the list, but for the indexes that have succeeded, which {@link
   * #complete} counts; gives those that may lose their finalizer after that. Those that the list
   * has no room for have their turn when others have left it.
   */
  static List<KubeObject> record(ObjectNode status, KubeObject job, Collection<KubeObject> pods) {
    List<KubeObject> finished = new ArrayList<>();
    ObjectNode uncounted = status.withObjectProperty("uncountedTerminatedPods");
    Set<String> known = new HashSet<>();
    uncounted.forEach(list -> list.forEach(uid -> known.add(uid.asText())));
    for (KubeObject pod : pods) {
      boolean good = Pods.phase(pod).equals("Succeeded");
      if (!isTracked(pod) || !good && !isFailed(job, pod) && !job.isDeleting()) {
        continue;
      }
      if (!known.contains(pod.uid()) && isToCount(job, pod, good)) {
        if (known.size() >= MOST_UNCOUNTED) {
          continue;
        }
        known.add(pod.uid());
        uncounted.withArrayProperty(good ? "succeeded" : "failed").add(pod.uid());
      }
      finished.add(pod);
    }
    return finished;
  }

  private static boolean isToCount(KubeObject job, KubeObject pod, boolean good) {
    if (isIndexed(job) && (good || index(job, pod).isEmpty())) {
      return false;
    }
    // What is deleted because the Job has succeeded without it has not failed.
    boolean spared = Conditions.isTrue(job, "SuccessCriteriaMet") && !Pods.isFinished(pod);
    return good
        || isFailed(job, pod)
            && !spared
            && !(FailurePolicy.of(job, pod) instanceof FailurePolicy.Verdict.Ignore);
  }

  static int total(JsonNode status, String kind) {
    return status.path(kind).asInt(0) + status.path("uncountedTerminatedPods").path(kind).size();
  }

  /** Reads {@code 0,2-4}. */
  static TreeSet<Integer> parse(String intervals) {
    TreeSet<Integer> out = new TreeSet<>();
    for (String part : intervals.split(",")) {
      if (part.isEmpty()) {
        continue;
      }
      int dash = part.indexOf('-');
      int from = Integer.parseInt(dash < 0 ? part : part.substring(0, dash));
      int to = dash < 0 ? from : Integer.parseInt(part.substring(dash + 1));
      for (int i = from; i <= to; i++) {
        out.add(i);
      }
    }
    return out;
  }

  static String format(TreeSet<Integer> indexes) {
    StringBuilder out = new StringBuilder();
    Integer from = null;
    Integer last = null;
    for (Integer i : indexes) {
      if (last != null && i == last + 1) {
        last = i;
        continue;
      }
      append(out, from, last);
      from = i;
      last = i;
    }
    append(out, from, last);
    return out.toString();
  }

  private static void append(
      StringBuilder out,
      @org.jspecify.annotations.Nullable Integer from,
      @org.jspecify.annotations.Nullable Integer to) {
    if (from == null || to == null) {
      return;
    }
    out.append(out.isEmpty() ? "" : ",").append(from);
    if (to > from) {
      out.append(to == from + 1 ? "," : "-").append(to);
    }
  }
}
