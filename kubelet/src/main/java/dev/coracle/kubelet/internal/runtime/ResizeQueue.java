package dev.coracle.kubelet.internal.runtime;

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
  private record Waiting(PodContext context, boolean more, long turn) {
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
        context.uid(), new Waiting(context, more, before == null ? turns++ : before.turn()));
  }

  /** Whether it waited. */
  boolean remove(String uid) {
    return waiting.remove(uid) != null;
  }

  /** All but this pod. */
  List<String> others(String uid) {
    return waiting.keySet().stream().filter(u -> !u.equals(uid)).toList();
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
