package dev.coracle.kubelet.internal.eviction;

import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which pods make room for a critical one: of the Guaranteed ones no more than are needed when all
 * others go, then of the Burstable, then of the BestEffort. Of each class the pod goes first whose
 * requests come nearest to what is missing, and of two that come equally near the smaller one.
 */
final class Victims {

  /** There are not as many as it takes. */
  static final class NotEnough extends Exception {
    private static final long serialVersionUID = 1L;

    NotEnough(Map<String, Long> missing) {
      super("no set of running pods found to reclaim resources: " + text(missing));
    }

    private static String text(Map<String, Long> missing) {
      StringBuilder out = new StringBuilder("[");
      missing.forEach((resource, amount) ->
          out.append("(res: ").append(resource).append(", q: ").append(amount).append("), "));
      return out.append(']').toString();
    }
  }

  private static final Comparator<Pod> SMALLER =
      Comparator.<Pod>comparingLong(p -> request(p, "memory"))
          .thenComparingLong(p -> request(p, "cpu"));

  private Victims() {}

  static List<Pod> of(Pod critical, Collection<Pod> pods, List<Lack> lacks) throws NotEnough {
    Map<String, Long> missing = new LinkedHashMap<>();
    lacks.forEach(l -> missing.put(l.resource(), l.missing()));
    List<Pod> guaranteed = new ArrayList<>();
    List<Pod> burstable = new ArrayList<>();
    List<Pod> bestEffort = new ArrayList<>();
    for (Pod p : pods) {
      if (yields(p, critical)) {
        switch (QosClass.of(p)) {
          case GUARANTEED -> guaranteed.add(p);
          case BURSTABLE -> burstable.add(p);
          case BEST_EFFORT -> bestEffort.add(p);
        }
      }
    }
    List<Pod> first = nearest(guaranteed, without(missing, both(bestEffort, burstable)));
    List<Pod> second = nearest(burstable, without(missing, both(bestEffort, first)));
    List<Pod> third = nearest(bestEffort, without(missing, both(second, first)));
    return both(third, both(second, first));
  }

  private static boolean yields(Pod other, Pod critical) {
    return !other.isCritical() || priority(critical) > priority(other);
  }

  private static int priority(Pod pod) {
    return pod.spec().path("priority").asInt(Integer.MAX_VALUE);
  }

  private static List<Pod> both(List<Pod> a, List<Pod> b) {
    List<Pod> out = new ArrayList<>(a);
    out.addAll(b);
    return out;
  }

  private static List<Pod> nearest(List<Pod> pods, Map<String, Long> wanted) throws NotEnough {
    List<Pod> left = new ArrayList<>(pods);
    List<Pod> chosen = new ArrayList<>();
    Map<String, Long> missing = wanted;
    while (!missing.isEmpty()) {
      Map<String, Long> now = missing;
      Pod best =
          left.stream()
              .min(Comparator.<Pod>comparingDouble(p -> distance(now, p)).thenComparing(SMALLER))
              .orElseThrow(() -> new NotEnough(now));
      left.remove(best);
      chosen.add(best);
      missing = without(missing, List.of(best));
    }
    return chosen;
  }

  /** The sum of the squares of what would be missing still, as parts of what is missing now. */
  private static double distance(Map<String, Long> missing, Pod pod) {
    double sum = 0;
    for (Map.Entry<String, Long> e : missing.entrySet()) {
      double part = Math.max(0, e.getValue() - request(pod, e.getKey())) / (double) e.getValue();
      sum += part * part;
    }
    return sum;
  }

  private static Map<String, Long> without(Map<String, Long> missing, List<Pod> pods) {
    Map<String, Long> out = new LinkedHashMap<>();
    missing.forEach((resource, amount) -> {
      long left = amount - pods.stream().mapToLong(p -> request(p, resource)).sum();
      if (left > 0) {
        out.put(resource, left);
      }
    });
    return out;
  }

  private static long request(Pod pod, String resource) {
    if (resource.equals("pods")) {
      return 1;
    }
    Quantity asked = pod.requests().getOrDefault(resource, Quantity.ZERO);
    return resource.equals("cpu") ? asked.millis() : asked.longValue();
  }
}
