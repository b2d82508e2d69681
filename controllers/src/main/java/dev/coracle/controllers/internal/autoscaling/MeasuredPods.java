package dev.coracle.controllers.internal.autoscaling;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoDuration;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Timestamps;
import dev.coracle.controllers.internal.pods.Pods;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The pods of a target, by whether their figures count. A pod that is going or has failed counts
 * for nothing; one that is pending, or whose CPU figure may still be that of its start, is unready:
 * its figure is left out, and it counts as idle before the target grows; one that is ready has a
 * figure or misses it.
 *
 * @param used in thousandths, of the ready pods that have a figure
 */
record MeasuredPods(Map<String, Long> used, int ready, List<String> unready, List<String> missing) {

  /** What was measured of a pod over the window that ends at this time. */
  record Figure(long milli, Instant time, Duration window) {

    /** Whenever that was. */
    static Figure of(long milli) {
      return new Figure(milli, Instant.EPOCH, Duration.ZERO);
    }
  }

  /**
   * @param resource empty for what is none
   */
  static MeasuredPods of(Round round, Map<String, Figure> figures, String resource) {
    Map<String, Long> used = new LinkedHashMap<>();
    figures.forEach((pod, figure) -> used.put(pod, figure.milli()));
    int ready = 0;
    List<String> unready = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    for (KubeObject pod : round.pods()) {
      Figure figure = figures.get(pod.name());
      if (pod.isDeleting() || Pods.phase(pod).equals("Failed")) {
        used.remove(pod.name());
      } else if (Pods.phase(pod).equals("Pending")) {
        used.remove(pod.name());
        unready.add(pod.name());
      } else if (figure == null) {
        missing.add(pod.name());
      } else if (resource.equals("cpu") && isStarting(pod, figure, round)) {
        used.remove(pod.name());
        unready.add(pod.name());
      } else {
        ready++;
      }
    }
    return new MeasuredPods(used, ready, unready, missing);
  }

  private static boolean isStarting(KubeObject pod, Figure figure, Round round) {
    JsonNode condition = Conditions.find(pod, "Ready");
    Instant started = Timestamps.parse(pod.text("status", "startTime"));
    if (condition.isMissingNode() || started == null) {
      return true;
    }
    Instant since = Timestamps.parse(condition.path("lastTransitionTime").asText(""));
    Instant changed = since == null ? Instant.EPOCH : since;
    boolean not = condition.path("status").asText("").equals("False");
    return started.plus(round.options().cpuInitializationPeriod()).isAfter(round.now())
        ? not || figure.time().isBefore(changed.plus(figure.window()))
        : not && started.plus(round.options().initialReadinessDelay()).isAfter(changed);
  }

  /**
   * By pod, from what metrics.k8s.io says: of all containers, or of one. A pod of which one
   * container has no figure has none.
   *
   * @param usage that can be read
   */
  static Map<String, Figure> figures(List<KubeObject> usage, String resource, String container) {
    Map<String, Figure> out = new HashMap<>();
    for (KubeObject metrics : usage) {
      long sum = 0;
      boolean whole = !metrics.at("containers").isEmpty();
      for (JsonNode c : metrics.at("containers")) {
        if (container.isEmpty() || c.path("name").asText("").equals(container)) {
          Quantity amount = Quantity.tryParse(c.path("usage").path(resource).asText(""));
          whole &= amount != null;
          sum += amount == null ? 0 : amount.millis();
        }
      }
      if (whole) {
        Instant time = Timestamps.parse(metrics.text("timestamp"));
        out.put(
            metrics.name(),
            new Figure(sum, time == null ? Instant.EPOCH : time, window(metrics.text("window"))));
      }
    }
    return out;
  }

  /** None where the metrics do not say. */
  private static Duration window(String text) {
    return text.isEmpty() ? Duration.ZERO : GoDuration.parse(text);
  }
}
