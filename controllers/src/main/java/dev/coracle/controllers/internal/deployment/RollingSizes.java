package dev.coracle.controllers.internal.deployment;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The arithmetic of a rolling update (Kubernetes docs, "Deployments", Rolling Update): never more
 * than replicas + maxSurge pods, never fewer than replicas - maxUnavailable available ones. Pure
 * functions over the ReplicaSets' sizes.
 */
final class RollingSizes {

  private RollingSizes() {}

  static int replicas(KubeObject owner) {
    return owner.at("spec", "replicas").asInt(1);
  }

  static int available(KubeObject set) {
    return set.at("status", "availableReplicas").asInt(0);
  }

  static int sum(List<KubeObject> sets) {
    return sets.stream().mapToInt(RollingSizes::replicas).sum();
  }

  static boolean isRolling(KubeObject deployment) {
    return !deployment.text("spec", "strategy", "type").equals("Recreate");
  }

  static int maxSurge(KubeObject deployment) {
    return isRolling(deployment) ? share(deployment, "maxSurge", true) : 0;
  }

  /** At least one where nothing may surge either, else no update could ever go on. */
  static int maxUnavailable(KubeObject deployment) {
    int replicas = replicas(deployment);
    if (!isRolling(deployment) || replicas == 0) {
      return 0;
    }
    int unavailable = share(deployment, "maxUnavailable", false);
    if (unavailable == 0 && maxSurge(deployment) == 0) {
      unavailable = 1;
    }
    return Math.min(unavailable, replicas);
  }

  private static int share(KubeObject deployment, String field, boolean up) {
    JsonNode value = deployment.at("spec", "strategy", "rollingUpdate", field);
    String text = value.asText(value.isMissingNode() ? "25%" : "");
    if (!text.endsWith("%")) {
      return value.asInt(0);
    }
    double part =
        Integer.parseInt(text.substring(0, text.length() - 1)) * replicas(deployment) / 100.0;
    return (int) (up ? Math.ceil(part) : Math.floor(part));
  }

  /** How big the new set may be now. */
  static int newSize(KubeObject deployment, KubeObject current, List<KubeObject> all) {
    int wanted = replicas(deployment);
    int size = replicas(current);
    if (!isRolling(deployment)) {
      return wanted;
    }
    int room = wanted + maxSurge(deployment) - sum(all);
    return room <= 0 ? size : size + Math.min(room, wanted - size);
  }

  /**
   * The sizes that old sets shrink to now: first what is not available anyway, then what may be
   * spared.
   */
  static Map<KubeObject, Integer> oldSizes(
      KubeObject deployment, KubeObject current, List<KubeObject> old, List<KubeObject> all) {
    int least = replicas(deployment) - maxUnavailable(deployment);
    int newUnavailable = replicas(current) - available(current);
    int mayGo = sum(all) - least - newUnavailable;
    Map<KubeObject, Integer> sizes = new LinkedHashMap<>();
    if (mayGo <= 0) {
      return sizes;
    }
    int gone = 0;
    for (KubeObject set : Revisions.byAge(old)) {
      int size = replicas(set);
      int unhealthy = Math.min(mayGo - gone, size - available(set));
      if (size > 0 && unhealthy > 0) {
        sizes.put(set, size - unhealthy);
        gone += unhealthy;
      }
    }
    int spare = all.stream().mapToInt(RollingSizes::available).sum() - least;
    for (KubeObject set : Revisions.byAge(old)) {
      int size = sizes.getOrDefault(set, replicas(set));
      int less = Math.min(size, spare);
      if (less > 0) {
        sizes.put(set, size - less);
        spare -= less;
      }
    }
    return sizes;
  }

  /**
   * Shares a change of the Deployment's size out over several sets that run at once, each in
   * proportion to its size; what is left over goes to the biggest.
   */
  static Map<KubeObject, Integer> proportional(KubeObject deployment, List<KubeObject> active) {
    int total = sum(active);
    int allowed = replicas(deployment) > 0 ? replicas(deployment) + maxSurge(deployment) : 0;
    int toAdd = allowed - total;
    List<KubeObject> ordered = new ArrayList<>(active);
    Comparator<KubeObject> bySize = Comparator.comparingInt(s -> -replicas(s));
    Comparator<KubeObject> byAge =
        Comparator.comparing(s -> s.text("metadata", "creationTimestamp"));
    ordered.sort(bySize.thenComparing(toAdd > 0 ? byAge.reversed() : byAge));
    Map<KubeObject, Integer> sizes = new LinkedHashMap<>();
    int added = 0;
    for (KubeObject set : ordered) {
      int change = toAdd == 0 ? 0 : fraction(deployment, set, toAdd, added);
      added += change;
      sizes.put(set, replicas(set) + change);
    }
    if (!ordered.isEmpty() && toAdd != 0) {
      KubeObject biggest = ordered.getFirst();
      sizes.merge(biggest, toAdd - added, (size, rest) -> Math.max(0, size + rest));
    }
    return sizes;
  }

  private static int fraction(KubeObject deployment, KubeObject set, int toAdd, int added) {
    int size = replicas(set);
    if (size == 0) {
      return 0;
    }
    int wanted = replicas(deployment);
    int share;
    if (wanted == 0) {
      share = -size;
    } else {
      int before = Revisions.max(set).orElse(wanted);
      int whole = before == 0 ? wanted : before;
      share = (int) Math.round((double) size * (wanted + maxSurge(deployment)) / whole) - size;
    }
    int left = toAdd - added;
    return toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
  }
}
