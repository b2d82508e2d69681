package dev.coracle.kubelet.internal.runtime;

import dev.coracle.kubelet.internal.metrics.ResizeMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The resizes that wait for room on this node, in the order in which they get it (KEP-1287,
 * "Priority of Resize Requests"): those that ask for no more than they have, then by the pods'
 * priority, their class of QoS, and who has waited longest. Not safe for threads: whoever promises
 * resources holds it.
 */
final class ResizeQueue {
  private record Waiting(PodContext context, boolean more, long turn, String trigger) {
    static final Comparator<Waiting> ORDER =
        Comparator.comparing(Waiting::more)
            .thenComparing(Comparator.comparingInt(Waiting::priority).reversed())
            .thenComparing(w -> QosClass.of(w.context.desired()))
            .thenComparingLong(Waiting::turn);

    int priority() {
      return context.desired().spec().path("priority").asInt();
    }
  }

  private final Map<String, Waiting> waiting = new LinkedHashMap<>();
  private long turns;

  /**
   * A resize waits; who waits already keeps its place.
   *
   * @param more whether it asks for more than the pod has
   */
  void add(PodContext context, boolean more) {
    Waiting before = waiting.get(context.uid());
    waiting.put(
        context.uid(),
        new Waiting(
            context,
            more,
            before == null ? turns++ : before.turn(),
            before == null ? ResizeMetrics.PERIODIC : before.trigger()));
  }

  /** What called it last, where it waited. */
  Optional<String> remove(String uid) {
    return Optional.ofNullable(waiting.remove(uid)).map(Waiting::trigger);
  }

  /**
   * All but this pod are called.
   *
   * @param trigger why, as the metrics name it
   */
  List<String> call(String uid, String trigger) {
    List<String> others = waiting.keySet().stream().filter(u -> !u.equals(uid)).toList();
    others.forEach(o ->
        waiting.computeIfPresent(
            o, (_, w) -> new Waiting(w.context(), w.more(), w.turn(), trigger)));
    return others;
  }

  /**
   * Who goes before a pod that waits.
   *
   * @param fits whether there is room for it
   */
  Optional<PodContext> before(String uid, Predicate<Pod> fits) {
    Waiting mine = waiting.get(uid);
    return waiting.values().stream()
        .sorted(Waiting.ORDER)
        .takeWhile(w -> w != mine)
        .map(Waiting::context)
        .filter(c -> !c.desired().isDeleting() && fits.test(c.desired()))
        .findFirst();
  }
}
