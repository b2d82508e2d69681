package dev.coracle.controllers.internal.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.pods.Pods;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What tells a Job's pods apart: names and labels by index, and which are one too many. */
final class IndexedPods {

  private static final String VARIABLE = "JOB_COMPLETION_INDEX";

  /** As long as a name may be before the API adds five characters. */
  private static final int LONGEST_PREFIX = 58;

  private IndexedPods() {}

  /**
   * Makes a pod that of an index.
   *
   * @param before the last pod of the index, null for its first one
   */
  static void mark(ObjectNode pod, KubeObject job, int index, @Nullable KubeObject before) {
    ObjectNode metadata = pod.withObjectProperty("metadata");
    String number = Integer.toString(index);
    metadata.put("generateName", prefix(job.name(), number));
    ObjectNode annotations = metadata.withObjectProperty("annotations");
    annotations.put(JobCounts.INDEX, number);
    metadata.withObjectProperty("labels").put(JobCounts.INDEX, number);
    if (FailedIndexes.apply(job)) {
      FailedIndexes.annotate(annotations, job, before);
    }
    ObjectNode spec = pod.withObjectProperty("spec");
    spec.put("hostname", job.name() + "-" + number);
    for (String list : List.of("initContainers", "containers")) {
      spec.path(list).forEach(container -> variable((ObjectNode) container));
    }
  }

  /** Of a long name less is kept, so that the index is. */
  static String prefix(String job, String index) {
    String end = "-" + index + "-";
    return job.substring(0, Math.min(job.length(), LONGEST_PREFIX - end.length())) + end;
  }

  private static void variable(ObjectNode container) {
    for (JsonNode there : container.path("env")) {
      if (there.path("name").asText().equals(VARIABLE)) {
        return;
      }
    }
    container
        .withArrayProperty("env")
        .addObject()
        .put("name", VARIABLE)
        .putObject("valueFrom")
        .putObject("fieldRef")
        .put("apiVersion", "v1")
        .put("fieldPath", "metadata.labels['" + JobCounts.INDEX + "']");
  }

  /**
   * The pods to delete: those of no index that the Job has, all but one of each index, and as many
   * more as are too many.
   */
  static List<KubeObject> surplus(KubeObject job, List<KubeObject> active, int atLeast) {
    if (atLeast <= 0 && !(JobCounts.isIndexed(job) && areMixedUp(job, active))) {
      return List.of(); // Nearly always, and to sort them takes long.
    }
    List<KubeObject> inOrder = active.stream().sorted(Pods.firstToGo(_ -> 0)).toList();
    List<KubeObject> surplus = new ArrayList<>();
    Deque<KubeObject> left = new ArrayDeque<>();
    Set<Integer> taken = new HashSet<>();
    for (KubeObject pod : inOrder.reversed()) {
      if (!JobCounts.isIndexed(job) || JobCounts.index(job, pod).filter(taken::add).isPresent()) {
        left.addFirst(pod);
      } else {
        surplus.add(pod);
      }
    }
    left.stream().limit(Math.max(0, atLeast - surplus.size())).forEach(surplus::add);
    return surplus;
  }

  private static boolean areMixedUp(KubeObject job, List<KubeObject> pods) {
    Set<Integer> taken = new HashSet<>();
    return pods.stream().anyMatch(p -> JobCounts.index(job, p).filter(taken::add).isEmpty());
  }
}
