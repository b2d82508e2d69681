package dev.coracle.apiserver.internal.podsecurity;

import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * What the pods that are in a namespace would be refused for, where it is to enforce more from now
 * on: they stay, and whoever changes the namespace is warned. Bounded in pods and time.
 */
public final class PodsOfNamespace {

  private static final int MOST = 3000;

  /** An event loop looks at them, so it is a tenth of upstream's. */
  private static final long MOST_NANOS = 100_000_000;

  private final LongSupplier nanoTime;

  public PodsOfNamespace(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The pods that do the same: the first of their names, and how many there are. */
  private record Group(String name, int count) {
    Group with(String other) {
      return new Group(other.compareTo(name) < 0 ? other : name, count + 1);
    }

    @Override
    public String toString() {
      return switch (count) {
        case 1 -> name;
        case 2 -> name + " (and 1 other pod)";
        default -> name + " (and " + (count - 1) + " other pods)";
      };
    }
  }

  public List<String> warnings(String namespace, LevelVersion enforce, List<KubeObject> pods) {
    long end = nanoTime.getAsLong() + MOST_NANOS;
    Map<String, Group> groups = new TreeMap<>();
    int checked = 0;
    for (KubeObject pod : oneOfEachFirst(pods)) {
      String reasons =
          Violation.reasons(PodSecurityStandards.check(enforce, pod.fleeting().tree()));
      if (!reasons.isEmpty()) {
        groups.merge(reasons, new Group(pod.name(), 1), (known, _) -> known.with(pod.name()));
      }
      checked++;
      if (checked == MOST || nanoTime.getAsLong() - end >= 0) {
        break;
      }
    }
    List<String> out = new ArrayList<>();
    if (checked < pods.size()) {
      out.add(
          "new PodSecurity enforce level only checked against the first "
              + checked
              + " of "
              + pods.size()
              + " existing pods");
    }
    if (!groups.isEmpty()) {
      out.add(
          "existing pods in namespace \""
              + namespace
              + "\" violate the new PodSecurity enforce level \""
              + enforce
              + "\"");
    }
    groups.entrySet().stream()
        .map(e -> e.getValue() + ": " + e.getKey())
        .sorted()
        .forEach(out::add);
    return out;
  }

  /** Pods of one controller are alike, so that one of each comes before the rest of them. */
  private static List<KubeObject> oneOfEachFirst(List<KubeObject> pods) {
    List<KubeObject> first = new ArrayList<>();
    List<KubeObject> rest = new ArrayList<>();
    Set<String> controllers = new HashSet<>();
    for (KubeObject pod : pods) {
      boolean alone =
          pod.controllerOwner().map(OwnerReference::uid).map(controllers::add).orElse(true);
      (alone ? first : rest).add(pod);
    }
    first.addAll(rest);
    return first;
  }
}
