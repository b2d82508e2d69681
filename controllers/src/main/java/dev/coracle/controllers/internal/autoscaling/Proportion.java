package dev.coracle.controllers.internal.autoscaling;

import java.util.HashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * How many pods bring their use to its target, in proportion. When the first ratio says that the
 * target should grow, pods without a figure and unready pods count as idle; when it should shrink,
 * pods without a figure count as using all they should. Where that turns the direction round, the
 * size stays.
 *
 * @param ratio of use to target, of the use in thousandths by pod
 * @param whole what a pod without a figure is taken to use before the target shrinks
 */
record Proportion(
    int size,
    Tolerances tolerances,
    ToDoubleFunction<Map<String, Long>> ratio,
    ToLongFunction<String> whole) {

  /**
   * By what pods use on average, whatever they ask for.
   *
   * @param target in thousandths
   */
  static Proportion ofAmount(Round round, long target) {
    return new Proportion(
        round.size(), round.tolerances(), of -> average(of) / (double) target, _ -> target);
  }

  /** Of at least one pod, in thousandths. */
  static long average(Map<String, Long> used) {
    return used.values().stream().mapToLong(Long::longValue).sum() / used.size();
  }

  int of(MeasuredPods pods) {
    double first = ratio.applyAsDouble(pods.used());
    boolean idle = !pods.unready().isEmpty() && first > 1;
    if (!idle && pods.missing().isEmpty()) {
      return tolerances.holds(first) ? size : ceiling(first, pods.ready());
    }
    Map<String, Long> used = new HashMap<>(pods.used());
    pods.missing().forEach(pod -> used.put(pod, first < 1 ? whole.applyAsLong(pod) : 0L));
    if (idle) {
      pods.unready().forEach(pod -> used.put(pod, 0L));
    }
    double second = ratio.applyAsDouble(used);
    if (tolerances.holds(second) || (first < 1 && second > 1) || (first > 1 && second < 1)) {
      return size;
    }
    int replicas = ceiling(second, used.size());
    boolean wrongWay = second < 1 ? replicas > size : replicas < size;
    return wrongWay ? size : replicas;
  }

  private static int ceiling(double ratio, int pods) {
    return (int) Math.ceil(ratio * pods);
  }
}
