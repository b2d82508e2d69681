package dev.coracle.controllers.internal.endpoints;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which part of the CPU of all nodes each zone has, of those that are ready and no control plane.
 *
 * @param shares by zone, together 1; empty where one node says too little, or all are in one zone
 */
record ZoneShares(Map<String, Double> shares) {

  /** How much more than its share an endpoint may have to bear. */
  static final double OVERLOAD = 0.2;

  static final String ZONE = "topology.kubernetes.io/zone";

  /**
   * How many endpoints a zone should have.
   *
   * @param desired its share of all, which is seldom a whole number
   */
  record Allocation(int minimum, int maximum, double desired) {}

  static ZoneShares of(Collection<KubeObject> nodes) {
    Map<String, Long> millis = new TreeMap<>();
    long all = 0;
    for (KubeObject node : nodes) {
      if (counts(node)) {
        String zone = node.labels().getOrDefault(ZONE, "");
        long cpu = cpu(node);
        if (zone.isEmpty() || cpu == 0) {
          return new ZoneShares(Map.of());
        }
        millis.merge(zone, cpu, Long::sum);
        all += cpu;
      }
    }
    Map<String, Double> shares = new TreeMap<>();
    if (millis.size() > 1) {
      for (Map.Entry<String, Long> zone : millis.entrySet()) {
        shares.put(zone.getKey(), zone.getValue() / (double) all);
      }
    }
    return new ZoneShares(shares);
  }

  /** Whether a change of a node may have changed the shares. */
  static boolean differ(KubeObject before, KubeObject now) {
    return counts(before) != counts(now)
        || cpu(before) != cpu(now)
        || !before.labels().getOrDefault(ZONE, "").equals(now.labels().getOrDefault(ZONE, ""));
  }

  private static boolean counts(KubeObject node) {
    return Conditions.isTrue(node, "Ready")
        && !node.labels().containsKey("node-role.kubernetes.io/control-plane")
        && !node.labels().containsKey("node-role.kubernetes.io/master");
  }

  private static long cpu(KubeObject node) {
    Quantity cpu = Quantity.tryParse(node.text("status", "allocatable", "cpu"));
    return cpu == null ? 0 : cpu.millis();
  }

  /** The fewest of so many endpoints that a zone of this share may have. */
  static int minimum(double share, int endpoints) {
    return (int) Math.ceil(share * endpoints * (1 / (1 + OVERLOAD)));
  }

  /** By zone, for so many endpoints; the minima together may exceed them. */
  Map<String, Allocation> allocations(int endpoints) {
    int least = 0;
    for (double share : shares.values()) {
      least += minimum(share, endpoints);
    }
    Map<String, Allocation> out = new TreeMap<>();
    for (Map.Entry<String, Double> zone : shares.entrySet()) {
      int minimum = minimum(zone.getValue(), endpoints);
      out.put(
          zone.getKey(),
          new Allocation(
              minimum,
              minimum + endpoints - least,
              Math.max(zone.getValue() * endpoints, minimum)));
    }
    return out;
  }

  /**
   * Whether some zone has too few of the endpoints.
   *
   * @param endpoints how many each zone has
   */
  boolean isOverloaded(Map<String, Integer> endpoints) {
    int all = endpoints.values().stream().mapToInt(Integer::intValue).sum();
    return all > 0
        && (shares.isEmpty()
            || shares.entrySet().stream()
                .anyMatch(zone ->
                    endpoints.getOrDefault(zone.getKey(), 0) < minimum(zone.getValue(), all)));
  }
}
