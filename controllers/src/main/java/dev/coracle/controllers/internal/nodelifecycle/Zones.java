package dev.coracle.controllers.internal.nodelifecycle;

import dev.coracle.api.KubeObject;
import dev.coracle.controllers.config.NodeLifecycleOptions;
import dev.coracle.controllers.internal.status.Conditions;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many nodes of each zone are ready, and how fast pods may be evicted from those that are not
 * (Kubernetes docs, "Nodes", "Rate limits on eviction"): where many are lost at once it is more
 * likely that they cannot be reached from here than that all of them have died. When no node at all
 * is ready, nothing is evicted. Owned by the controllers' context.
 */
final class Zones {

  private static final Logger LOG = LoggerFactory.getLogger(Zones.class);

  private static final int FEW = 2;

  private enum State {
    NORMAL,
    PARTIAL_DISRUPTION,
    FULL_DISRUPTION
  }

  private final class Zone {
    private final Set<String> ready = new HashSet<>();
    private final Set<String> notReady = new HashSet<>();
    private State state = State.NORMAL;
    private boolean began;
    private long last;

    private int size() {
      return ready.size() + notReady.size();
    }

    private State judge() {
      if (ready.isEmpty() && !notReady.isEmpty()) {
        return State.FULL_DISRUPTION;
      }
      return notReady.size() > FEW && notReady.size() >= rates.unhealthyZoneThreshold() * size()
          ? State.PARTIAL_DISRUPTION
          : State.NORMAL;
    }

    private double rate() {
      if (state != State.PARTIAL_DISRUPTION) {
        return rates.evictionRate();
      }
      return size() > rates.largeClusterSizeThreshold() ? rates.secondaryEvictionRate() : 0;
    }

    private double healthy() {
      return size() == 0 ? 0 : 100.0 * ready.size() / size();
    }
  }

  private final NodeLifecycleOptions rates;
  private final LongSupplier nanoTime;
  private final MeterRegistry meters;
  private final Map<String, Zone> zones = new HashMap<>();
  private final Map<String, Zone> ofNode = new HashMap<>();
  private boolean stopped;

  Zones(NodeLifecycleOptions rates, LongSupplier nanoTime, MeterRegistry meters) {
    this.rates = rates;
    this.nanoTime = nanoTime;
    this.meters = meters;
  }

  /**
   * Takes note of a node as it is now.
   *
   * @return the nodes that may be in another case by that: those that are not ready of a zone that
   *     is, or of all zones
   */
  Set<String> seen(KubeObject node) {
    String name = node.name();
    Zone zone = zones.computeIfAbsent(NodeTaints.zone(node), this::zone);
    Zone before = ofNode.put(name, zone);
    if (before != null && before != zone) {
      drop(before, name);
    }
    boolean ready = Conditions.isTrue(node, "Ready");
    (ready ? zone.notReady : zone.ready).remove(name);
    (ready ? zone.ready : zone.notReady).add(name);
    Set<String> others = changed(zone);
    if (before != null && before != zone) {
      others.addAll(changed(before));
    }
    return others;
  }

  /** Forgets a node; gives others as {@link #seen} does. */
  Set<String> gone(String name) {
    Zone zone = ofNode.remove(name);
    if (zone == null) {
      return Set.of();
    }
    drop(zone, name);
    return changed(zone);
  }

  private static void drop(Zone zone, String name) {
    zone.ready.remove(name);
    zone.notReady.remove(name);
  }

  private Set<String> changed(Zone zone) {
    Set<String> out = new HashSet<>();
    State state = zone.judge();
    if (state != zone.state) {
      zone.state = state;
      out.addAll(zone.notReady);
    }
    boolean none = !ofNode.isEmpty() && zones.values().stream().allMatch(z -> z.ready.isEmpty());
    if (none != stopped) {
      stopped = none;
      LOG.atInfo()
          .addKeyValue("nodes", ofNode.size())
          .log(
              none
                  ? "No node is ready; no pods are evicted until one is"
                  : "Some nodes are ready again; pods of the others are evicted");
      zones.values().forEach(z -> out.addAll(z.notReady));
    }
    return out;
  }

  /** Whether nothing is evicted, and what was to be stays where it is. */
  boolean areAllDown() {
    return stopped;
  }

  /**
   * Takes the turn of a node to have its pods evicted.
   *
   * @return zero where it is; how long to wait where it is not; empty where time alone will not do
   */
  Optional<Duration> turn(KubeObject node) {
    Zone zone = ofNode.get(node.name());
    double rate = zone == null ? rates.evictionRate() : zone.rate();
    if (stopped || rate == 0) {
      return Optional.empty();
    }
    if (zone == null) {
      return Optional.of(Duration.ZERO);
    }
    long now = nanoTime.getAsLong();
    long left = zone.began ? zone.last + (long) (1e9 / rate) - now : 0;
    if (left > 0) {
      return Optional.of(Duration.ofNanos(left));
    }
    zone.began = true;
    zone.last = now;
    return Optional.of(Duration.ZERO);
  }

  /** The turn was not used after all. */
  void giveBack(String node) {
    Zone zone = ofNode.get(node);
    if (zone != null) {
      zone.began = false;
    }
  }

  private Zone zone(String name) {
    Zone zone = new Zone();
    gauge("node_collector_zone_size", "Nodes of a zone", name, zone, Zone::size);
    gauge(
        "node_collector_zone_health",
        "Which percentage of a zone's nodes is ready",
        name,
        zone,
        Zone::healthy);
    gauge(
        "node_collector_unhealthy_nodes_in_zone",
        "Nodes of a zone that are not ready",
        name,
        zone,
        z -> z.notReady.size());
    return zone;
  }

  private void gauge(
      String metric, String description, String name, Zone zone, ToDoubleFunction<Zone> value) {
    Gauge.builder(metric, zone, value)
        .description(description)
        .tags(Tags.of("zone", name))
        .strongReference(true)
        .register(meters);
  }
}
