package dev.coracle.controllers.internal.pods;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** What state a pod is in, and which of several should go first. */
public final class Pods {

  private Pods() {}

  public static String phase(KubeObject pod) {
    return pod.text("status", "phase");
  }

  public static boolean isFinished(KubeObject pod) {
    String phase = phase(pod);
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** It runs or will run, as far as one can tell. */
  public static boolean isActive(KubeObject pod) {
    return !isFinished(pod) && !pod.isDeleting();
  }

  public static boolean isReady(KubeObject pod) {
    return Conditions.isTrue(pod, "Ready");
  }

  public static boolean isAssigned(KubeObject pod) {
    return !pod.text("spec", "nodeName").isEmpty();
  }

  /** Since when the pod is ready, null while it is not. */
  public static @Nullable Instant readySince(KubeObject pod) {
    JsonNode ready = Conditions.find(pod, "Ready");
    return ready.path("status").asText().equals("True")
        ? Timestamps.parse(ready.path("lastTransitionTime").asText(""))
        : null;
  }

  /** Ready for at least {@code minReadySeconds}. */
  public static boolean isAvailable(KubeObject pod, long minReadySeconds, Instant now) {
    return untilAvailable(pod, minReadySeconds, now).isZero();
  }

  /** Zero when available; how long it still takes when ready; a negative time when not ready. */
  public static Duration untilAvailable(KubeObject pod, long minReadySeconds, Instant now) {
    if (!isReady(pod)) {
      return Duration.ofSeconds(-1);
    }
    Instant since = minReadySeconds == 0 ? null : readySince(pod);
    if (since == null) {
      return Duration.ZERO;
    }
    Duration left = Duration.between(now, since.plusSeconds(minReadySeconds));
    return left.isNegative() ? Duration.ZERO : left;
  }

  public static int restarts(KubeObject pod) {
    int most = 0;
    for (JsonNode c : pod.at("status", "containerStatuses")) {
      most = Math.max(most, c.path("restartCount").asInt(0));
    }
    return most;
  }

  /**
   * Which pod goes first when there are too many: without a node, pending, not ready, with the
   * lower {@code controller.kubernetes.io/pod-deletion-cost}, on a node with more siblings, ready
   * for a shorter time, restarted more often, younger.
   *
   * @param siblings how many of the pods stand on the pod's node
   */
  public static Comparator<KubeObject> firstToGo(ToIntFunction<KubeObject> siblings) {
    Map<String, Integer> phases = Map.of("Pending", 0, "Unknown", 1, "Running", 2);
    return Comparator.<KubeObject, Boolean>comparing(Pods::isAssigned)
        .thenComparing(p -> phases.getOrDefault(phase(p), 0))
        .thenComparing(Pods::isReady)
        .thenComparingInt(Pods::deletionCost)
        .thenComparing(Comparator.comparingInt(siblings).reversed())
        .thenComparing(
            Comparator.<KubeObject, Instant>comparing(
                    p -> {
                      Instant since = readySince(p);
                      return since == null ? Instant.MAX : since;
                    })
                .reversed())
        .thenComparing(Comparator.comparingInt(Pods::restarts).reversed())
        .thenComparing(
            Comparator.<KubeObject, String>comparing(p -> p.text("metadata", "creationTimestamp"))
                .reversed())
        .thenComparing(KubeObject::name);
  }

  private static int deletionCost(KubeObject pod) {
    try {
      return Integer.parseInt(
          pod.annotation("controller.kubernetes.io/pod-deletion-cost").orElse("0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
