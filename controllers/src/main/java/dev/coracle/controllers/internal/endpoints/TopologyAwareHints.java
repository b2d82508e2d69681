package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.endpoints.ZoneShares.Allocation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * For whose zone an endpoint is meant where a Service has the annotation {@code
 * service.kubernetes.io/topology-mode: Auto} (KEP-2433): as many endpoints for each zone as its
 * nodes have of the CPU of all, most of them those that are there, and for none at all where some
 * endpoint would have to bear a fifth more than its share. Slices that nothing else changes keep
 * their hints while those will do. State of the controllers' event loop.
 */
final class TopologyAwareHints {

  private static final String MODE = "service.kubernetes.io/topology-mode";
  private static final String OLD_MODE = "service.kubernetes.io/topology-aware-hints";

  /** An event to come. */
  record Told(boolean good, String message) {}

  private static final class Unhinted extends Exception {
    private static final long serialVersionUID = 1L;

    Unhinted(String why) {
      super(why, null, false, false);
    }
  }

  private final Lister nodes;
  private @Nullable ZoneShares shares;

  /** By Service and family, how many endpoints are meant for each zone. */
  private final Map<NamespacedName, Map<String, Map<String, Integer>>> given = new HashMap<>();

  TopologyAwareHints(Lister nodes) {
    this.nodes = nodes;
  }

  static boolean isWanted(KubeObject service) {
    String mode = service.annotation(OLD_MODE).or(() -> service.annotation(MODE)).orElse("");
    return mode.equals("Auto") || mode.equals("auto");
  }

  /** Nodes have changed: which Services have zones with too few endpoints now. */
  List<NamespacedName> nodesChanged() {
    shares = null;
    ZoneShares now = shares();
    List<NamespacedName> out = new ArrayList<>();
    given.forEach((service, families) -> {
      if (families.values().stream().anyMatch(now::isOverloaded)) {
        out.add(service);
      }
    });
    return out;
  }

  private ZoneShares shares() {
    if (shares == null) {
      shares = ZoneShares.of(nodes.list());
    }
    return shares;
  }

  void forget(NamespacedName service) {
    given.remove(service);
  }

  /** For a Service that wants none, or none of this kind. */
  Optional<Told> forget(NamespacedName service, String family) {
    return given.remove(service) == null
        ? Optional.empty()
        : Optional.of(told("Topology Aware Hints has been disabled", family));
  }

  /**
   * Gives the endpoints of all slices of one family their hints.
   *
   * @return what to say of it
   */
  Optional<Told> give(NamespacedName service, String family, List<Draft> slices) {
    try {
      Map<String, Integer> zones = distribute(slices);
      boolean known = given.containsKey(service);
      given.computeIfAbsent(service, _ -> new TreeMap<>()).put(family, zones);
      return known
          ? Optional.empty()
          : Optional.of(
              new Told(true, "Topology Aware Hints has been enabled, addressType: " + family));
    } catch (Unhinted e) {
      given.remove(service);
      slices.forEach(Draft::removeHints);
      return Optional.of(told(String.valueOf(e.getMessage()), family));
    }
  }

  private static Told told(String why, String family) {
    return new Told(false, why + ", addressType: " + family);
  }

  private Map<String, Integer> distribute(List<Draft> slices) throws Unhinted {
    Map<String, Allocation> wanted = allocations(slices);
    Map<String, Integer> zones = new TreeMap<>();
    List<Draft> open = open(slices, wanted, zones);
    for (Draft slice : open) {
      slice.removeHints();
      for (ObjectNode endpoint : slice.endpoints()) {
        if (Draft.isReady(endpoint)) {
          String zone = endpoint.path("zone").asText("");
          if (zone.isEmpty()) {
            throw new Unhinted("One or more endpoints do not have a zone specified");
          }
          hint(endpoint, zone);
          zones.merge(zone, 1, Integer::sum);
        }
      }
    }
    Map<String, Integer> giving = new TreeMap<>();
    Map<String, Integer> receiving = new TreeMap<>();
    balance(wanted, zones, giving, receiving);
    for (Draft slice : open) {
      for (ObjectNode endpoint : slice.endpoints()) {
        String from = endpoint.path("zone").asText("");
        if (!receiving.isEmpty() && Draft.isReady(endpoint) && giving.containsKey(from)) {
          String to = receiving.keySet().iterator().next();
          hint(endpoint, to);
          take(giving, from);
          take(receiving, to);
          zones.merge(from, -1, Integer::sum);
          zones.merge(to, 1, Integer::sum);
        }
      }
    }
    if (zones.isEmpty()) {
      throw new Unhinted("No hints allocated for zones");
    }
    return zones;
  }

  private Map<String, Allocation> allocations(List<Draft> slices) throws Unhinted {
    int endpoints = 0;
    for (Draft slice : slices) {
      endpoints += (int) slice.endpoints().stream().filter(Draft::isReady).count();
    }
    int zones = shares().shares().size();
    if (zones == 0) {
      throw new Unhinted(
          "Insufficient Node information: allocatable CPU or zone not specified on one or more"
              + " nodes");
    }
    String numbers = " (" + endpoints + " endpoints, " + zones + " zones)";
    if (zones > endpoints) {
      throw new Unhinted("Insufficient number of endpoints" + numbers);
    }
    Map<String, Allocation> out = shares().allocations(endpoints);
    if (out.values().stream().mapToInt(Allocation::minimum).sum() > endpoints) {
      throw new Unhinted(
          "Unable to allocate minimum required endpoints to each zone without exceeding overload"
              + " threshold"
              + numbers);
    }
    return out;
  }

  /**
   * The slices whose endpoints get new hints, those to be made first: whatever changes anyway, and
   * whose hints no longer will do.
   *
   * @param zones gets the hints of the others
   */
  private static List<Draft> open(
      List<Draft> slices, Map<String, Allocation> wanted, Map<String, Integer> zones) {
    List<Draft> made = new ArrayList<>();
    List<Draft> changed = new ArrayList<>();
    List<Draft> unfit = new ArrayList<>();
    for (Draft slice : slices) {
      if (slice.present() == null) {
        made.add(slice);
      } else if (slice.differs()) {
        changed.add(slice);
      } else if (!keeps(slice, wanted, zones)) {
        unfit.add(slice);
      }
    }
    made.addAll(changed);
    made.addAll(unfit);
    return made;
  }

  private static boolean keeps(
      Draft slice, Map<String, Allocation> wanted, Map<String, Integer> zones) {
    Map<String, Integer> own = new TreeMap<>();
    for (ObjectNode endpoint : slice.endpoints()) {
      JsonNode hints = endpoint.path("hints").path("forZones");
      boolean forNodes = endpoint.path("hints").has("forNodes");
      if (forNodes || (Draft.isReady(endpoint) && hints.isEmpty())) {
        return false;
      }
      hints.forEach(zone -> own.merge(zone.path("name").asText(""), 1, Integer::sum));
    }
    for (Map.Entry<String, Integer> zone : own.entrySet()) {
      Allocation allocation = wanted.get(zone.getKey());
      int all = zone.getValue() + zones.getOrDefault(zone.getKey(), 0);
      if (allocation == null || all > allocation.maximum()) {
        return false;
      }
    }
    own.forEach((zone, count) -> zones.merge(zone, count, Integer::sum));
    return true;
  }

  private static void hint(ObjectNode endpoint, String zone) {
    endpoint.putObject("hints").putArray("forZones").addObject().put("name", zone);
  }

  private static void take(Map<String, Integer> from, String zone) {
    from.compute(zone, (_, left) -> left == null || left == 1 ? null : left - 1);
  }

  /** How many endpoints zones with more than they need give to those with fewer. */
  private static void balance(
      Map<String, Allocation> wanted,
      Map<String, Integer> zones,
      Map<String, Integer> giving,
      Map<String, Integer> receiving) {
    Map<String, Double> over = new TreeMap<>();
    Map<String, Double> under = new TreeMap<>();
    wanted.forEach((zone, allocation) -> {
      double more = zones.getOrDefault(zone, 0) - allocation.desired();
      (more > 0 ? over : under).put(zone, Math.abs(more));
    });
    while (!over.isEmpty() && !under.isEmpty()) {
      var most = Collections.max(over.entrySet(), Map.Entry.comparingByValue());
      var least = Collections.max(under.entrySet(), Map.Entry.comparingByValue());
      double more = most.getValue();
      double fewer = least.getValue();
      // Half an endpoint is worth no move, nor is less than a whole one on both sides.
      if (more < 0.5 || fewer < 0.5 || (more < 1 && fewer < 1)) {
        return;
      }
      giving.merge(most.getKey(), 1, Integer::sum);
      receiving.merge(least.getKey(), 1, Integer::sum);
      most.setValue(more - 1);
      least.setValue(fewer - 1);
    }
  }
}
